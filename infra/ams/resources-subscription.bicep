metadata description = 'Resources of the primary that were written or deleted, for the function resource-changed. Its topic is global and cannot dead-letter.'

@description('Name of the system topic of the resource group or subscription.')
param topicName string

@description('Resource ID of the function app.')
param functionAppId string

@description('Resource ID of the primary account.')
param accountId string

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
  }
}
