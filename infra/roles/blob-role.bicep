metadata description = 'What the app may do with the blobs of one storage account of a media-services account.'

@description('Name of the storage account.')
param accountName string

@description('Object ID of the app\'s identity.')
param principalId string

@description('Whose blobs: those of the primary are read, those of the secondary are written.')
@allowed([
  'primary'
  'secondary'
])
param side string

@description('Whether a user delegation key is asked for.')
param delegation bool

var storageBlobDataReader = '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1'
var storageBlobDataContributor = 'ba92f5b4-2d11-453d-a403-e96b0029c9fe'
var storageBlobDelegator = 'db58b8e5-c6ad-4a2a-8342-4190687cbf4a'

var roles = concat(
  side == 'primary' ? [storageBlobDataReader] : [storageBlobDataContributor],
  delegation ? [storageBlobDelegator] : [])

resource account 'Microsoft.Storage/storageAccounts@2023-05-01' existing = {
  name: accountName
}

resource assignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for role in roles: {
  scope: account
  name: guid(account.id, principalId, role)
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}]
