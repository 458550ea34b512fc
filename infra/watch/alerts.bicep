metadata description = 'The alerts, on the lines that the handler writes. Each query stands in queries/ and can be run as it is.'

@description('Region of the log.')
param location string

@description('Ending of the names, unique to the environment.')
param token string

@description('Tags of every resource.')
param tags object

@description('Resource ID of Application Insights.')
param insightsId string

@description('Action group that is called, by resource ID; empty for none.')
param actionGroupId string

@description('How far the secondary may be behind, in minutes.')
param lagObjectiveMinutes int

@description('Whether every change should be announced by an event, so that one which a walk finds was lost.')
param announced bool

@description('Whether the functions are there. Before, nobody need be called because nothing runs.')
param deployed bool

var alerts = [
  {
    name: 'lag'
    text: 'The secondary is further behind than ${lagObjectiveMinutes} minutes. See what waits and what failed in the workbook.'
    query: replace(loadTextContent('queries/lag.kql'), '{objectiveSeconds}', string(lagObjectiveMinutes * 60))
    severity: 1
    window: 'PT10M'
    made: true
  }
  {
    name: 'dark'
    text: 'The primary cannot be read. Is its region lost? The heartbeat has the service\'s own code in primary.detail.'
    query: loadTextContent('queries/dark.kql')
    severity: 1
    window: 'PT10M'
    made: true
  }
  {
    name: 'heartbeat missing'
    text: 'The app says nothing. See that it runs and that its timer functions are not disabled.'
    query: loadTextContent('queries/silent.kql')
    severity: 1
    window: 'PT15M'
    made: deployed
  }
  {
    name: 'poison or dead letters'
    text: 'Messages could not be understood, or events not be delivered. Look at reason and detail in the poison queue, and at the container dead-letters.'
    query: loadTextContent('queries/undelivered.kql')
    severity: 2
    window: 'PT15M'
    made: true
  }
  {
    name: 'token expires'
    text: 'An MK.IO token expires within thirty days. Make a new one and put it into the vault.'
    query: loadTextContent('queries/tokens.kql')
    severity: 2
    window: 'PT1H'
    made: true
  }
  {
    name: 'change without an event'
    text: 'A walk found changes that no event announced. See that the event subscriptions deliver.'
    query: loadTextContent('queries/unannounced.kql')
    severity: 3
    window: 'PT1H'
    made: announced
  }
  {
    name: 'drift'
    text: 'A deep comparison found keys, secrets, filters or blobs that differed though both lists agreed. Somebody may have changed the secondary by hand.'
    query: loadTextContent('queries/drift.kql')
    severity: 2
    window: 'PT1H'
    made: true
  }
  {
    name: 'drift after verify'
    text: 'media-mirror verify found differences. Run it again: it names each, and the command that repairs it.'
    query: loadTextContent('queries/verified.kql')
    severity: 2
    window: 'PT1H'
    made: true
  }
  {
    name: 'throttling'
    text: 'A service or storage account makes more than fifty changes wait. See MIRROR_PRIMARY_SHARE, MIRROR_SECONDARY_SHARE and MIRROR_INSTANCES.'
    query: loadTextContent('queries/throttled.kql')
    severity: 3
    window: 'PT30M'
    made: true
  }
]

resource rule 'Microsoft.Insights/scheduledQueryRules@2022-06-15' = [for alert in alerts: if (alert.made) {
  name: 'media-mirror-${replace(alert.name, ' ', '-')}-${token}'
  location: location
  tags: tags
  kind: 'LogAlert'
  properties: {
    displayName: 'media-mirror: ${alert.name}'
    description: alert.text
    severity: alert.severity
    enabled: true
    scopes: [
      insightsId
    ]
    evaluationFrequency: 'PT5M'
    windowSize: alert.window
    autoMitigate: true
    // The log may be empty at the first deployment.
    skipQueryValidation: true
    criteria: {
      allOf: [
        {
          query: alert.query
          timeAggregation: 'Count'
          operator: 'GreaterThan'
          threshold: 0
          failingPeriods: {
            numberOfEvaluationPeriods: 1
            minFailingPeriodsToAlert: 1
          }
        }
      ]
    }
    actions: {
      actionGroups: empty(actionGroupId) ? [] : [
        actionGroupId
      ]
    }
  }
}]
