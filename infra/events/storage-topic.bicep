metadata description = 'Blobs of the primary that were written or deleted, for the function blob-changed. One module for each storage account.'

@description('Resource ID of the storage account.')
param accountId string

@description('Region of the storage account, in which a system topic of it has to be; not asked for where the topic exists already.')
param location string

@description('Name of the system topic: of an existing one of the account, or of the one that is made.')
param topicName string

@description('Whether the topic exists already. Azure allows one for an account.')
param topicExists bool

@description('Resource ID of the function app.')
param functionAppId string

@description('Resource ID of the app\'s own storage account, for dead letters.')
param storageId string

@description('Container of events that could not be delivered.')
param deadLetterContainer string

@description('Resource ID of the identity that writes dead letters.')
param eventsIdentityId string

@description('Tags of every resource.')
param tags object

resource topic 'Microsoft.EventGrid/systemTopics@2022-06-15' = if (!topicExists) {
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
    topicType: 'Microsoft.Storage.StorageAccounts'
  }
}

resource subscription 'Microsoft.EventGrid/systemTopics/eventSubscriptions@2022-06-15' = {
  // By name, so that it holds for a topic that exists already too.
  name: '${topicName}/media-mirror-blobs'
  properties: {
    eventDeliverySchema: 'EventGridSchema'
    destination: {
      endpointType: 'AzureFunction'
      properties: {
        resourceId: '${functionAppId}/functions/blob-changed'
        maxEventsPerBatch: 1
        preferredBatchSizeInKilobytes: 64
      }
    }
    filter: {
      includedEventTypes: [
        'Microsoft.Storage.BlobCreated'
        'Microsoft.Storage.BlobDeleted'
      ]
    }
    retryPolicy: {
      maxDeliveryAttempts: 30
      eventTimeToLiveInMinutes: 1440
    }
    // A topic of somebody else's does not have the identity.
    deadLetterWithResourceIdentity: topicExists ? null : {
      identity: {
        type: 'UserAssigned'
        userAssignedIdentity: eventsIdentityId
      }
      deadLetterDestination: {
        endpointType: 'StorageBlob'
        properties: {
          resourceId: storageId
          blobContainerName: deadLetterContainer
        }
      }
    }
  }
  dependsOn: [
    topic
  ]
}
