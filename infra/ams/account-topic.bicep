metadata description = 'The system topic of the primary account, which sends its job events.'

@description('Resource ID of the account.')
param accountId string

@description('Region of the account, in which a system topic of it has to be.')
param location string

@description('Name of the topic.')
param topicName string

@description('Resource ID of the identity that writes dead letters.')
param eventsIdentityId string

@description('Tags of every resource.')
param tags object

resource topic 'Microsoft.EventGrid/systemTopics@2022-06-15' = {
  name: topicName
  location: location
  tags: tags
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${eventsIdentityId}': {}
    }
  }
  properties: {
    source: accountId
    topicType: 'Microsoft.Media.MediaServices'
  }
}
