metadata description = 'The role Mirror Endpoint Operator, assigned to the operator on the secondary account: to start and scale its streaming endpoints on the bad day. The app never has it.'

@description('Name of the account.')
param accountName string

@description('Object ID of the operator.')
param principalId string

@description('What the operator is.')
@allowed([
  'User'
  'Group'
  'ServicePrincipal'
])
param principalType string

@description('Name of the environment: the name of a custom role must be unique in the tenant.')
param environmentName string

var group = resourceGroup().id

resource account 'Microsoft.Media/mediaServices@2023-01-01' existing = {
  name: accountName
}

resource role 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(group, environmentName, 'Mirror Endpoint Operator')
  properties: {
    roleName: 'Mirror Endpoint Operator (${environmentName})'
    description: 'Starts and scales the streaming endpoints of the secondary account.'
    type: 'customRole'
    permissions: [
      {
        actions: [
          'Microsoft.Media/mediaservices/read'
          'Microsoft.Media/mediaservices/streamingEndpoints/read'
          'Microsoft.Media/mediaservices/streamingEndpoints/start/action'
          'Microsoft.Media/mediaservices/streamingEndpoints/scale/action'
          'Microsoft.Media/mediaservices/streamingEndpointOperations/read'
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
    principalType: principalType
  }
}
