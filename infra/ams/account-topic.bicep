metadata description = 'The system topic of the primary account, which sends its job events.'

@description('Name of the account.')
param accountName string

@description('Name of the topic.')
param topicName string

@description('Resource ID of the identity that writes dead letters.')
param eventsIdentityId string

@description('Tags of every resource.')
param tags object

resource account 'Microsoft.Media/mediaServices@2023-01-01' existing = {
  name: accountName
}

resource topic 'Microsoft.EventGrid/systemTopics@2022-06-15' = {
  name: topicName
  // A system topic stands in the region of its source.
  location: account.location
  tags: tags
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${eventsIdentityId}': {}
    }
  }
  properties: {
    source: account.id
    topicType: 'Microsoft.Media.MediaServices'
  }
}
