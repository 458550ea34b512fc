metadata description = 'In which region a storage account is. A module of its own, because the location of a resource must be known before its module begins.'

@description('Name of the storage account.')
param accountName string

resource account 'Microsoft.Storage/storageAccounts@2023-05-01' existing = {
  name: accountName
}

@description('Region of the storage account.')
output location string = account.location
