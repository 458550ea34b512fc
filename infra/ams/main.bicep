metadata description = 'Everything that names a Microsoft.Media resource. Only deployed for the back end ams.'
targetScope = 'subscription'

@description('Resource ID of the primary account.')
param primary string

@description('Resource ID of the secondary account.')
param secondary string

@description('Name of the environment.')
param environmentName string

@description('Object ID of the app\'s identity.')
param appPrincipalId string

@description('Whether the app\'s roles on the two accounts are made and assigned.')
param assignRoles bool

@description('Kinds whose replicas may be deleted.')
param deletions array

@description('Whether the operator may start and scale the secondary\'s streaming endpoints.')
param operatorStartsEndpoints bool

@description('Object ID of the operator; empty for nobody.')
param operatorPrincipalId string

@description('What the operator is.')
@allowed([
  'User'
  'Group'
  'ServicePrincipal'
])
param operatorPrincipalType string

@description('Whether events of system topics are subscribed to.')
param subscribe bool

@description('Existing system topic of the primary account, by resource ID; empty to make one.')
param accountTopicId string

@description('Existing system topic of the primary\'s resource group, by resource ID; empty to make one.')
param groupTopicId string

@description('Whether the topic of the resource group that is made has Event Grid\'s identity, so that it can write dead letters.')
param groupTopicHasIdentity bool

@description('Resource ID of the function app.')
param functionAppId string

@description('Resource ID of the app\'s own storage account, for dead letters.')
param storageId string

@description('Container of events that could not be delivered.')
param deadLetterContainer string

@description('Resource ID of Event Grid\'s identity.')
param eventsIdentityId string

@description('Ending of the names, unique to the environment.')
param token string

@description('Tags of every resource.')
param tags object

var primaryParts = split(primary, '/')
var secondaryParts = split(secondary, '/')

// Azure allows one system topic for a source: where somebody made it already, the subscription goes there.
var accountTopicName = 'evgt-mirror-jobs-${token}'
var groupTopicName = 'evgt-mirror-resources-${token}'
var accountTopicParts = split(empty(accountTopicId) ? primary : accountTopicId, '/')
var groupTopicParts = split(empty(groupTopicId) ? primary : groupTopicId, '/')

module reader 'source-reader.bicep' = if (assignRoles) {
  name: 'mirror-source-reader-${token}'
  scope: resourceGroup(primaryParts[2], primaryParts[4])
  params: {
    accountName: primaryParts[8]
    principalId: appPrincipalId
    environmentName: environmentName
  }
}

module writer 'replica-writer.bicep' = if (assignRoles) {
  name: 'mirror-replica-writer-${token}'
  scope: resourceGroup(secondaryParts[2], secondaryParts[4])
  params: {
    accountName: secondaryParts[8]
    principalId: appPrincipalId
    environmentName: environmentName
  }
}

module deleter 'replica-deleter.bicep' = if (assignRoles && !empty(deletions)) {
  name: 'mirror-replica-deleter-${token}'
  scope: resourceGroup(secondaryParts[2], secondaryParts[4])
  params: {
    accountName: secondaryParts[8]
    principalId: appPrincipalId
    environmentName: environmentName
    kinds: deletions
  }
}

module endpointOperator 'endpoint-operator.bicep' = if (operatorStartsEndpoints && !empty(operatorPrincipalId)) {
  name: 'mirror-endpoint-operator-${token}'
  scope: resourceGroup(secondaryParts[2], secondaryParts[4])
  params: {
    accountName: secondaryParts[8]
    principalId: operatorPrincipalId
    principalType: operatorPrincipalType
    environmentName: environmentName
  }
}

module primaryLocation 'account-location.bicep' = if (subscribe && empty(accountTopicId)) {
  name: 'mirror-account-location-${token}'
  scope: resourceGroup(primaryParts[2], primaryParts[4])
  params: {
    accountName: primaryParts[8]
  }
}

module accountTopic 'account-topic.bicep' = if (subscribe && empty(accountTopicId)) {
  name: 'mirror-account-topic-${token}'
  scope: resourceGroup(primaryParts[2], primaryParts[4])
  params: {
    accountId: primary
    location: primaryLocation.outputs.location
    topicName: accountTopicName
    eventsIdentityId: eventsIdentityId
    tags: tags
  }
}

module groupTopic 'group-topic.bicep' = if (subscribe && empty(groupTopicId)) {
  name: 'mirror-group-topic-${token}'
  scope: resourceGroup(primaryParts[2], primaryParts[4])
  params: {
    topicName: groupTopicName
    eventsIdentityId: groupTopicHasIdentity ? eventsIdentityId : ''
    tags: tags
  }
}

module jobs 'jobs-subscription.bicep' = if (subscribe) {
  name: 'mirror-jobs-${token}'
  scope: resourceGroup(accountTopicParts[2], accountTopicParts[4])
  params: {
    topicName: empty(accountTopicId) ? accountTopicName : accountTopicParts[8]
    functionAppId: functionAppId
    storageId: storageId
    deadLetterContainer: deadLetterContainer
    // A topic of somebody else's does not have the identity.
    eventsIdentityId: empty(accountTopicId) ? eventsIdentityId : ''
  }
  dependsOn: [
    accountTopic
  ]
}

module resources 'resources-subscription.bicep' = if (subscribe) {
  name: 'mirror-resources-${token}'
  scope: resourceGroup(groupTopicParts[2], groupTopicParts[4])
  params: {
    topicName: empty(groupTopicId) ? groupTopicName : groupTopicParts[8]
    functionAppId: functionAppId
    accountId: primary
    storageId: storageId
    deadLetterContainer: deadLetterContainer
    eventsIdentityId: empty(groupTopicId) && groupTopicHasIdentity ? eventsIdentityId : ''
  }
  dependsOn: [
    groupTopic
  ]
}
