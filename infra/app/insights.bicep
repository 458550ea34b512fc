metadata description = 'Where the log goes. Only signed-in senders are accepted.'

@description('Region of the log: the secondary\'s.')
param location string

@description('Ending of the names, unique to the environment.')
param token string

@description('Tags of every resource.')
param tags object

@description('How long the log is kept, in days.')
@minValue(30)
@maxValue(730)
param retentionDays int

@description('Object ID of the app\'s identity.')
param appPrincipalId string

var monitoringMetricsPublisher = '3913510d-42f4-4e42-8a64-420c390055eb'

resource workspace 'Microsoft.OperationalInsights/workspaces@2023-09-01' = {
  name: 'log-mirror-${token}'
  location: location
  tags: tags
  properties: {
    sku: {
      name: 'PerGB2018'
    }
    retentionInDays: retentionDays
  }
}

resource insights 'Microsoft.Insights/components@2020-02-02' = {
  name: 'appi-mirror-${token}'
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: workspace.id
    DisableLocalAuth: true
  }
}

resource publisher 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: insights
  name: guid(insights.id, appPrincipalId, monitoringMetricsPublisher)
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', monitoringMetricsPublisher)
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
  }
}

@description('Resource ID of Application Insights.')
output id string = insights.id

@description('Name of Application Insights.')
output name string = insights.name
