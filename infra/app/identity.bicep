metadata description = 'The two identities: the app signs in as the first everywhere; Event Grid writes dead letters as the second.'

@description('Region of the identities: the secondary\'s.')
param location string

@description('Ending of the names, unique to the environment.')
param token string

@description('Tags of every resource.')
param tags object

resource app 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: 'id-mirror-${token}'
  location: location
  tags: tags
}

// An identity of its own: a topic that can sign in as the app could read content keys.
resource events 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: 'id-mirror-events-${token}'
  location: location
  tags: tags
}

@description('Resource ID of the app\'s identity.')
output appId string = app.id

@description('Client ID of the app\'s identity.')
output appClientId string = app.properties.clientId

@description('Object ID of the app\'s identity, to which roles are assigned.')
output appPrincipalId string = app.properties.principalId

@description('Resource ID of Event Grid\'s identity.')
output eventsId string = events.id

@description('Object ID of Event Grid\'s identity.')
output eventsPrincipalId string = events.properties.principalId
