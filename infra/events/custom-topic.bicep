metadata description = 'Events from a custom topic that a service or platform sends to. The topic keeps its own settings, so there are no dead letters unless it has the identity.'

@description('Name of the custom topic.')
param topicName string

@description('Form of the events in it.')
@allowed([
  'EventGridSchema'
  'CloudEventSchemaV1_0'
])
param schema string

@description('Resource ID of the function app.')
param functionAppId string

@description('Resource ID of the app\'s own storage account, for dead letters.')
param storageId string

@description('Container of events that could not be delivered.')
param deadLetterContainer string

@description('Resource ID of the topic\'s identity that writes dead letters; empty for a topic without it.')
param eventsIdentityId string

var routes = [
  {
    function: 'job-finished'
    types: [
      'Microsoft.Media.JobFinished'
      'Microsoft.Media.JobOutputFinished'
    ]
  }
  {
    function: 'resource-changed'
    types: [
      'Microsoft.Resources.ResourceWriteSuccess'
      'Microsoft.Resources.ResourceDeleteSuccess'
    ]
  }
]

resource topic 'Microsoft.EventGrid/topics@2022-06-15' existing = {
  name: topicName
}

resource subscription 'Microsoft.EventGrid/topics/eventSubscriptions@2022-06-15' = [for route in routes: {
  parent: topic
  name: 'media-mirror-${route.function}'
  properties: {
    eventDeliverySchema: schema
    destination: {
      endpointType: 'AzureFunction'
      properties: {
        resourceId: '${functionAppId}/functions/${route.function}'
        maxEventsPerBatch: 1
        preferredBatchSizeInKilobytes: 64
      }
    }
    filter: {
      includedEventTypes: route.types
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
}]
