metadata description = 'media-mirror in the secondary\'s region. What is optional is a module behind a parameter.'
targetScope = 'subscription'

// The environment

@description('Name of the environment; it names the resource group and the custom roles.')
@minLength(1)
@maxLength(64)
param environmentName string

@description('Region of everything that is made: the secondary\'s, so that it outlives the primary\'s.')
@minLength(1)
param location string

@description('Object ID of whoever deploys, as azd gives it: the operator, unless a group is named. Empty for nobody.')
param operatorPrincipalId string = ''

@description('What whoever deploys is, as azd gives it.')
@allowed([
  'User'
  'ServicePrincipal'
])
param operatorPrincipalType string = 'User'

@description('Object ID of the group whose members run the command-line tool and keep the tokens; empty for whoever deploys.')
param operatorGroupId string = ''

// The two accounts

@description('The service that both accounts speak: the Azure Media Services v3 ARM API (ams) or MK.IO by MediaKind (mkio).')
@allowed([
  'ams'
  'mkio'
])
param backend string = 'ams'

@description('The account that is mirrored: its resource ID (ams) or the name of the project (mkio).')
@minLength(1)
param primary string

@description('The account that is kept ready, in the same form.')
@minLength(1)
param secondary string

@description('Storage accounts: resource IDs, which of the secondary takes the place of which of the primary: <primary>=<secondary>, more behind a comma.')
@minLength(1)
param storageAccounts string

@description('mkio: storage records instead of accounts, in the same form. Required there.')
param storageRecords string = ''

@description('ams: whether the app\'s roles on the two accounts are made and assigned. False where the accounts are not resources of your Azure, or where somebody else grants them.')
param accountRoles bool = true

@description('Whether the app\'s roles on the storage accounts of both sides are assigned.')
param storageRoles bool = true

@description('How the secondary\'s storage service reads the primary\'s blobs: with the app\'s identity, or with a SAS signed by a user delegation key.')
@allowed([
  'bearer'
  'delegation-sas'
])
param sourceAuth string = 'bearer'

@description('Kinds whose replicas may be deleted, separated by commas: they get the role and the setting. Empty or none: no kind.')
param deletions string = ''

@description('ams: whether the operator gets the role to start and scale the secondary\'s streaming endpoints.')
param operatorStartsEndpoints bool = false

@description('Further app settings by their names (docs/configure.md), which win over what the template says.')
param settings object = {}

// The app

@description('Memory of an instance of the app, in MB.')
@allowed([
  512
  2048
  4096
])
param instanceMemoryMB int = 2048

@description('How many instances of the app there are at most. Each takes its part of the rate limits (MIRROR_INSTANCES), so more than are needed slow down the one that works. Where the plan still wants at least 40, say 40.')
@minValue(1)
@maxValue(1000)
param maximumInstanceCount int = 40

@description('Redundancy of the app\'s own storage.')
@allowed([
  'Standard_LRS'
  'Standard_ZRS'
])
param storageSku string = 'Standard_LRS'

@description('How long the log is kept, in days.')
@minValue(30)
@maxValue(730)
param logRetentionDays int = 30

// Events

@description('Where the primary\'s changes are announced: system topics of Azure, a custom topic, or nowhere (then webhooks, hints and walks remain). Topics of the account and its resource group are for ams.')
@allowed([
  'system'
  'custom'
  'none'
])
param eventSource string = 'system'

@description('Whether the functions are deployed. Event Grid subscribes only to functions that are there, so the first deployment is without events.')
param functionsDeployed bool = false

@description('Existing system topic of the primary account, by resource ID; empty to make one. Azure allows one for a source.')
param accountTopicId string = ''

@description('Existing system topic of the primary\'s resource group, by resource ID; empty to make one.')
param groupTopicId string = ''

@description('Whether the topic of the resource group that is made has Event Grid\'s identity, so that it can write dead letters. False where Azure says that identity is unavailable for location global.')
param groupTopicHasIdentity bool = true

@description('Custom topic, by resource ID.')
param customTopicId string = ''

@description('Form of the events in the custom topic.')
@allowed([
  'EventGridSchema'
  'CloudEventSchemaV1_0'
])
param customTopicSchema string = 'EventGridSchema'

@description('Whether the custom topic has Event Grid\'s identity of this deployment, so that it can write dead letters. The output INFRA_EVENTS_IDENTITY names it.')
param customTopicHasIdentity bool = false

@description('Whether blobs that change in the primary\'s storage accounts are announced to blob-changed.')
param blobEvents bool = false

@description('Existing system topics of the primary\'s storage accounts, by resource ID, in the order of storageAccounts, separated by commas. Empty ones are made.')
param storageTopicIds string = ''

// Watching

@description('Whether the workbook and the alerts are made.')
param watch bool = true

@description('Action group that the alerts call, by resource ID; empty for alerts that only show themselves.')
param actionGroupId string = ''

@description('How far the secondary may be behind, in minutes, before an alert.')
@minValue(1)
@maxValue(1440)
param lagObjectiveMinutes int = 15

// Private networks

@description('Whether the app reaches all storage accounts through private endpoints.')
param privateNetwork bool = false

@description('Public IPv4 addresses or ranges (not /31 or /32) from which operators reach the app\'s own storage although it is closed, separated by commas; empty for none.')
param operatorAddresses string = ''

@description('Address space of the virtual network that is made for that, a /24 or larger; empty for 10.90.0.0/24.')
param networkPrefix string = ''

// The front

@description('What stands in front of the two streaming endpoints. Without the host names below none is made.')
@allowed([
  'frontDoor'
  'trafficManager'
  'none'
])
param front string = 'frontDoor'

@description('Whether the front asks the primary at all. False on the bad day, so that the next deployment does not undo what was switched by hand.')
param frontPrimary bool = true

@description('Streaming host name of the primary; empty for no front.')
param primaryStreamingHost string = ''

@description('Streaming host name of the secondary.')
param secondaryStreamingHost string = ''

@description('Key delivery host name of the primary; empty where the service has none of its own.')
param primaryKeyHost string = ''

@description('Key delivery host name of the secondary.')
param secondaryKeyHost string = ''

@description('Your own host name for players (frontDoor); empty for the name that Azure gives.')
param publicHost string = ''

@description('Path of a mirrored asset\'s manifest, which is asked for to see whether a side plays. Required for a front.')
param probePath string = ''

var token = toLower(uniqueString(subscription().id, environmentName, location))
var tags = { 'azd-env-name': environmentName }
var vaultName = 'kv-mirror-${token}'
var operatorId = empty(operatorGroupId) ? operatorPrincipalId : operatorGroupId
var operatorType = empty(operatorGroupId) ? operatorPrincipalType : 'Group'
var deletionKinds = filter(map(split(deletions, ','), kind => trim(kind)), kind => !empty(kind) && kind != 'none')

var pairs = map(filter(split(storageAccounts, ','), pair => !empty(trim(pair))), pair => split(trim(pair), '='))
var primaryStorageIds = map(pairs, pair => pair[0])
var secondaryStorageIds = map(pairs, pair => pair[1])
var accountMap = join(map(pairs, pair => '${last(split(pair[0], '/'))}=${last(split(pair[1], '/'))}'), ',')
// Of each storage account the system topic that exists already, or nothing.
var storageTopics = map(range(0, length(primaryStorageIds)), index => index < length(split(storageTopicIds, ',')) ? trim(split(storageTopicIds, ',')[index]) : '')

var usesSystemTopics = eventSource == 'system' && (backend == 'ams' || blobEvents)
var customTopics = join(concat([customTopicId], blobEvents ? primaryStorageIds : []), ',')
var eventTopics = eventSource == 'custom' ? customTopics : (usesSystemTopics ? 'system' : 'none')

var hasFront = !empty(primaryStreamingHost) && !empty(secondaryStreamingHost) && !empty(probePath)

resource group 'Microsoft.Resources/resourceGroups@2024-03-01' = {
  name: 'rg-${environmentName}'
  location: location
  tags: tags
}

module identity 'app/identity.bicep' = {
  name: 'identity'
  scope: group
  params: {
    location: location
    token: token
    tags: tags
  }
}

module storage 'app/storage.bicep' = {
  name: 'storage'
  scope: group
  params: {
    location: location
    token: token
    tags: tags
    sku: storageSku
    private: privateNetwork
    openTo: filter(map(split(operatorAddresses, ','), address => trim(address)), address => !empty(address))
    appPrincipalId: identity.outputs.appPrincipalId
    eventsPrincipalId: identity.outputs.eventsPrincipalId
    operatorPrincipalId: operatorId
    operatorPrincipalType: operatorType
  }
}

module insights 'app/insights.bicep' = {
  name: 'insights'
  scope: group
  params: {
    location: location
    token: token
    tags: tags
    retentionDays: logRetentionDays
    appPrincipalId: identity.outputs.appPrincipalId
  }
}

module vault 'app/vault.bicep' = if (backend == 'mkio') {
  name: 'vault'
  scope: group
  params: {
    location: location
    name: vaultName
    tags: tags
    appPrincipalId: identity.outputs.appPrincipalId
    operatorPrincipalId: operatorId
    operatorPrincipalType: operatorType
  }
}

module network 'network/network.bicep' = if (privateNetwork) {
  name: 'network'
  scope: group
  params: {
    location: location
    token: token
    tags: tags
    prefix: empty(networkPrefix) ? '10.90.0.0/24' : networkPrefix
    ownStorageId: storage.outputs.id
    mediaStorageIds: union(primaryStorageIds, secondaryStorageIds)
  }
}

module app 'app/function-app.bicep' = {
  name: 'function-app'
  scope: group
  params: {
    location: location
    token: token
    tags: tags
    identityId: identity.outputs.appId
    packageContainerUrl: storage.outputs.packageContainerUrl
    subnetId: privateNetwork ? network.outputs.appSubnetId : ''
    instanceMemoryMB: instanceMemoryMB
    maximumInstanceCount: maximumInstanceCount
  }
}

module appSettings 'app/settings.bicep' = {
  name: 'settings'
  scope: group
  params: {
    appName: app.outputs.name
    insightsName: insights.outputs.name
    storageName: storage.outputs.name
    stateContainer: storage.outputs.stateContainer
    vaultName: vaultName
    clientId: identity.outputs.appClientId
    backend: backend
    primary: primary
    secondary: secondary
    storageMap: backend == 'ams' ? accountMap : storageRecords
    sourceAuth: sourceAuth
    eventTopics: eventTopics
    deletions: deletionKinds
    instances: maximumInstanceCount
    extra: settings
  }
}

module primaryBlobRole 'roles/blob-role.bicep' = [for (id, index) in primaryStorageIds: if (storageRoles) {
  name: 'mirror-primary-blobs-${index}-${token}'
  scope: resourceGroup(split(id, '/')[2], split(id, '/')[4])
  params: {
    accountName: last(split(id, '/'))
    principalId: identity.outputs.appPrincipalId
    side: 'primary'
    delegation: sourceAuth == 'delegation-sas'
  }
}]

module secondaryBlobRole 'roles/blob-role.bicep' = [for (id, index) in secondaryStorageIds: if (storageRoles) {
  name: 'mirror-secondary-blobs-${index}-${token}'
  scope: resourceGroup(split(id, '/')[2], split(id, '/')[4])
  params: {
    accountName: last(split(id, '/'))
    principalId: identity.outputs.appPrincipalId
    side: 'secondary'
    delegation: false
  }
}]

module ams 'ams/main.bicep' = if (backend == 'ams') {
  name: 'mirror-ams-${token}'
  params: {
    primary: primary
    secondary: secondary
    environmentName: environmentName
    appPrincipalId: identity.outputs.appPrincipalId
    assignRoles: accountRoles
    deletions: deletionKinds
    operatorStartsEndpoints: operatorStartsEndpoints
    operatorPrincipalId: operatorId
    operatorPrincipalType: operatorType
    subscribe: functionsDeployed && eventSource == 'system'
    accountTopicId: accountTopicId
    groupTopicId: groupTopicId
    groupTopicHasIdentity: groupTopicHasIdentity
    functionAppId: app.outputs.id
    storageId: storage.outputs.id
    deadLetterContainer: storage.outputs.deadLetterContainer
    eventsIdentityId: identity.outputs.eventsId
    token: token
    tags: tags
  }
}

module blobLocation 'events/storage-location.bicep' = [for (id, index) in primaryStorageIds: if (functionsDeployed && blobEvents && eventSource != 'none') {
  name: 'mirror-blob-location-${index}-${token}'
  scope: resourceGroup(split(id, '/')[2], split(id, '/')[4])
  params: {
    accountName: last(split(id, '/'))
  }
}]

module blobTopic 'events/storage-topic.bicep' = [for (id, index) in primaryStorageIds: if (functionsDeployed && blobEvents && eventSource != 'none') {
  name: 'mirror-blob-events-${index}-${token}'
  scope: resourceGroup(split(empty(storageTopics[index]) ? id : storageTopics[index], '/')[2], split(empty(storageTopics[index]) ? id : storageTopics[index], '/')[4])
  params: {
    accountId: id
    location: blobLocation[index].outputs.location
    topicName: empty(storageTopics[index]) ? 'evgt-mirror-${last(split(id, '/'))}' : last(split(storageTopics[index], '/'))
    topicExists: !empty(storageTopics[index])
    functionAppId: app.outputs.id
    storageId: storage.outputs.id
    deadLetterContainer: storage.outputs.deadLetterContainer
    eventsIdentityId: identity.outputs.eventsId
    tags: tags
  }
}]

module customEvents 'events/custom-topic.bicep' = if (functionsDeployed && eventSource == 'custom' && !empty(customTopicId)) {
  name: 'mirror-custom-events-${token}'
  scope: resourceGroup(split(empty(customTopicId) ? group.id : customTopicId, '/')[2], split(empty(customTopicId) ? group.id : customTopicId, '/')[4])
  params: {
    topicName: last(split(customTopicId, '/'))
    schema: customTopicSchema
    functionAppId: app.outputs.id
    storageId: storage.outputs.id
    deadLetterContainer: storage.outputs.deadLetterContainer
    eventsIdentityId: customTopicHasIdentity ? identity.outputs.eventsId : ''
  }
}

module frontDoor 'front/front-door.bicep' = if (front == 'frontDoor' && hasFront) {
  name: 'front-door'
  scope: group
  params: {
    token: token
    tags: tags
    primaryEnabled: frontPrimary
    primaryStreamingHost: primaryStreamingHost
    secondaryStreamingHost: secondaryStreamingHost
    primaryKeyHost: primaryKeyHost
    secondaryKeyHost: secondaryKeyHost
    publicHost: publicHost
    probePath: probePath
  }
}

module trafficManager 'front/traffic-manager.bicep' = if (front == 'trafficManager' && hasFront) {
  name: 'traffic-manager'
  scope: group
  params: {
    token: token
    tags: tags
    primaryEnabled: frontPrimary
    primaryStreamingHost: primaryStreamingHost
    secondaryStreamingHost: secondaryStreamingHost
    primaryKeyHost: primaryKeyHost
    secondaryKeyHost: secondaryKeyHost
    probePath: probePath
  }
}

module alerts 'watch/alerts.bicep' = if (watch) {
  name: 'alerts'
  scope: group
  params: {
    location: location
    token: token
    tags: tags
    insightsId: insights.outputs.id
    actionGroupId: actionGroupId
    lagObjectiveMinutes: lagObjectiveMinutes
    announced: backend == 'ams' && eventSource != 'none' && functionsDeployed
    deployed: functionsDeployed
  }
}

module workbook 'watch/workbook.bicep' = if (watch) {
  name: 'workbook'
  scope: group
  params: {
    location: location
    tags: tags
    insightsId: insights.outputs.id
  }
}

@description('Resource group of everything that is made.')
output AZURE_RESOURCE_GROUP string = group.name

@description('Resource ID of the function app.')
output INFRA_APP_ID string = app.outputs.id

@description('Name of the function app.')
output INFRA_APP_NAME string = app.outputs.name

@description('URL of the function app.')
output INFRA_APP_URL string = 'https://${app.outputs.hostName}'

@description('The app\'s own storage account, with its queues and state documents.')
output INFRA_APP_STORAGE string = storage.outputs.name

@description('Vault that waits for the MK.IO tokens; empty for ams.')
output INFRA_VAULT string = backend == 'mkio' ? vaultName : ''

@description('Resource ID of the identity with which Event Grid writes dead letters.')
output INFRA_EVENTS_IDENTITY string = identity.outputs.eventsId

@description('Host name of Front Door, to which your own host name points; empty without one.')
output INFRA_FRONT_HOST string = front == 'frontDoor' && hasFront ? frontDoor.outputs.host : ''
