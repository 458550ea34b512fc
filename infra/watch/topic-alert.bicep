metadata description = 'An alert on a topic that loses events. It stands beside the topic, because a metric\'s alert must be in its subscription.'

@description('Resource ID of the system topic.')
param topicId string

@description('What is counted: events that went to the dead letters, or that were dropped.')
@allowed([
  'DeadLetteredCount'
  'DroppedEventCount'
])
param metric string

@description('Action group that is called, by resource ID; empty for none.')
param actionGroupId string

@description('Tags of every resource.')
param tags object

resource alert 'Microsoft.Insights/metricAlerts@2018-03-01' = {
  name: 'media-mirror-${metric}-${last(split(topicId, '/'))}'
  location: 'global'
  tags: tags
  properties: {
    description: metric == 'DroppedEventCount' ? 'Events were dropped after a day of trying; the walks find what they meant. See that the app runs.' : 'Events could not be delivered and are in the container dead-letters. See that the app runs.'
    severity: 2
    enabled: true
    scopes: [
      topicId
    ]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT15M'
    autoMitigate: true
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          criterionType: 'StaticThresholdCriterion'
          name: 'lost'
          metricName: metric
          timeAggregation: 'Total'
          operator: 'GreaterThan'
          threshold: 0
        }
      ]
    }
    actions: empty(actionGroupId) ? [] : [
      {
        actionGroupId: actionGroupId
      }
    ]
  }
}
