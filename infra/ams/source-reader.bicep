metadata description = 'The role Mirror Source Reader, assigned to the app on the primary account. The actions are the calls of crates/media/src/ams.rs.'

@description('Name of the account.')
param accountName string

@description('Object ID of the app\'s identity.')
param principalId string

@description('Name of the environment: the name of a custom role must be unique in the tenant.')
param environmentName string

var group = resourceGroup().id

resource account 'Microsoft.Media/mediaServices@2023-01-01' existing = {
  name: accountName
}

resource role 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(group, environmentName, 'Mirror Source Reader')
  properties: {
    roleName: 'Mirror Source Reader (${environmentName})'
    description: 'Reads what media-mirror mirrors, secrets and content keys included. The built-in role Reader lacks the three actions.'
    type: 'customRole'
    permissions: [
      {
        actions: [
          'Microsoft.Media/mediaservices/accountFilters/read'
          'Microsoft.Media/mediaservices/assets/read'
          'Microsoft.Media/mediaservices/assets/assetFilters/read'
          'Microsoft.Media/mediaservices/assets/listStreamingLocators/action'
          'Microsoft.Media/mediaservices/contentKeyPolicies/read'
          'Microsoft.Media/mediaservices/contentKeyPolicies/getPolicyPropertiesWithSecrets/action'
          'Microsoft.Media/mediaservices/streamingLocators/read'
          'Microsoft.Media/mediaservices/streamingLocators/listContentKeys/action'
          'Microsoft.Media/mediaservices/streamingPolicies/read'
        ]
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
