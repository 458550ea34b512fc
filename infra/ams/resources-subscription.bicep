metadata description = 'Resources of the primary that were written or deleted, for the function resource-changed.'

@description('Name of the system topic of the resource group or subscription.')
param topicName string

@description('Resource ID of the function app.')
param functionAppId string

@description('Resource ID of the primary account.')
param accountId string

@description('Resource ID of the app\'s own storage account, for dead letters.')
param storageId string

@description('Container of events that could not be delivered.')
param deadLetterContainer string

@description('Resource ID of the topic\'s identity that writes dead letters; empty for a topic without it, which then has no dead letters.')
param eventsIdentityId string

resource topic 'Microsoft.EventGrid/systemTopics@2022-06-15' existing = {
  name: topicName
}

resource subscription 'Microsoft.EventGrid/systemTopics/eventSubscriptions@2022-06-15' = {
  parent: topic
  name: 'media-mirror-resources'
  properties: {
    eventDeliverySchema: 'EventGridSchema'
    destination: {
      endpointType: 'AzureFunction'
      properties: {
        resourceId: '${functionAppId}/functions/resource-changed'
        maxEventsPerBatch: 1
        preferredBatchSizeInKilobytes: 64
      }
    }
    filter: {
      // Not ResourceActionSuccess: the mirror's own reads of keys are actions.
      includedEventTypes: [
        'Microsoft.Resources.ResourceWriteSuccess'
        'Microsoft.Resources.ResourceDeleteSuccess'
      ]
      // Only what is in the account. The service's letter case varies.
      subjectBeginsWith: '${accountId}/'
      isSubjectCaseSensitive: false
    }
    retryPolicy: {
      maxDeliveryAttempts: 30
      eventTimeToLiveInMinutes: 1440
    }
    deadLetterWithResourceIdentity: empty(eventsIdentityId) ? null : {
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
}
