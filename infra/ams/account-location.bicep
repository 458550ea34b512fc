metadata description = 'In which region an account is. A module of its own, because the location of a resource must be known before its module begins.'

@description('Name of the account.')
param accountName string

resource account 'Microsoft.Media/mediaServices@2023-01-01' existing = {
  name: accountName
}

@description('Region of the account.')
output location string = account.location
