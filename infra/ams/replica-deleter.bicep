metadata description = 'The role Mirror Replica Deleter, assigned to the app on the secondary account for the kinds that are asked for.'

@description('Name of the account.')
param accountName string

@description('Object ID of the app\'s identity.')
param principalId string

@description('Name of the environment: the name of a custom role must be unique in the tenant.')
param environmentName string

@description('Kinds whose replicas may be deleted.')
param kinds array

var actionOf = {
  accountFilters: 'Microsoft.Media/mediaservices/accountFilters/delete'
  assets: 'Microsoft.Media/mediaservices/assets/delete'
  assetFilters: 'Microsoft.Media/mediaservices/assets/assetFilters/delete'
  contentKeyPolicies: 'Microsoft.Media/mediaservices/contentKeyPolicies/delete'
  streamingLocators: 'Microsoft.Media/mediaservices/streamingLocators/delete'
  streamingPolicies: 'Microsoft.Media/mediaservices/streamingPolicies/delete'
}

var group = resourceGroup().id

resource account 'Microsoft.Media/mediaServices@2023-01-01' existing = {
  name: accountName
}

resource role 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(group, environmentName, 'Mirror Replica Deleter')
  properties: {
    roleName: 'Mirror Replica Deleter (${environmentName})'
    description: 'Deletes replicas of the kinds that the deployment names. Deleting an asset deletes its container.'
    type: 'customRole'
    permissions: [
      {
        actions: map(kinds, kind => actionOf[kind])
        notActions: []
      }
    ]
    assignableScopes: [
      group
    ]
  }
}

resource assignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: account
  name: guid(account.id, principalId, role.name)
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.name)
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}
