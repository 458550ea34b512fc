metadata description = 'The app\'s own storage account: the host\'s files, the package, the queues, the state documents, the dead letters. No keys.'

@description('Region of the account: the secondary\'s.')
param location string

@description('Ending of the name, unique to the environment.')
param token string

@description('Tags of every resource.')
param tags object

@description('Redundancy within the secondary\'s region.')
@allowed([
  'Standard_LRS'
  'Standard_ZRS'
])
param sku string

@description('Whether only private endpoints reach the account.')
param private bool

@description('Public addresses that reach a private account all the same.')
param openTo array

@description('Object ID of the app\'s identity.')
param appPrincipalId string

@description('Object ID of Event Grid\'s identity.')
param eventsPrincipalId string

@description('Object ID of the person or group that runs the command-line tool; empty for nobody.')
param operatorPrincipalId string

@description('What the operator is.')
@allowed([
  'User'
  'Group'
  'ServicePrincipal'
])
param operatorPrincipalType string

// One for each queue trigger in functions/, and its poison queue: the scale controller and the alerts look at them before
// the first message makes them.
var queueNames = [
  'backfill'
  'copy-blobs'
  'deletions'
  'mirror-asset'
  'mirror-content-key-policy'
  'mirror-filter'
  'mirror-locator'
  'mirror-streaming-policy'
  'walk'
]
var poisonQueueNames = map(queueNames, name => '${name}-poison')

var packageContainerName = 'app-package'
var stateContainerName = 'mirror-state'
var deadLetterContainerName = 'dead-letters'

var storageBlobDataOwner = 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'
var storageBlobDataContributor = 'ba92f5b4-2d11-453d-a403-e96b0029c9fe'
var storageQueueDataContributor = '974c5e8b-45b9-4653-ba55-5f855dd0fb88'
var storageTableDataContributor = '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3'

// The Functions host keeps its locks and the package in blobs, and its diagnostic events in a table.
var appRoles = [
  storageBlobDataOwner
  storageQueueDataContributor
  storageTableDataContributor
]

var operatorRoles = [
  storageBlobDataContributor
  storageQueueDataContributor
]

resource account 'Microsoft.Storage/storageAccounts@2023-05-01' = {
  name: 'stmirror${token}'
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: {
    name: sku
  }
  properties: {
    accessTier: 'Hot'
    allowBlobPublicAccess: false
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    // Closed by a rule and not by 'Disabled', so that Event Grid gets in as a trusted service and can write dead letters.
    publicNetworkAccess: 'Enabled'
    networkAcls: {
      defaultAction: private ? 'Deny' : 'Allow'
      bypass: 'AzureServices'
      ipRules: [for address in openTo: {
        action: 'Allow'
        value: address
      }]
    }
  }
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2023-05-01' = {
  parent: account
  name: 'default'
}

resource package 'Microsoft.Storage/storageAccounts/blobServices/containers@2023-05-01' = {
  parent: blobs
  name: packageContainerName
}

resource state 'Microsoft.Storage/storageAccounts/blobServices/containers@2023-05-01' = {
  parent: blobs
  name: stateContainerName
}

resource deadLetters 'Microsoft.Storage/storageAccounts/blobServices/containers@2023-05-01' = {
  parent: blobs
  name: deadLetterContainerName
}

resource queues 'Microsoft.Storage/storageAccounts/queueServices@2023-05-01' = {
  parent: account
  name: 'default'
}

resource queue 'Microsoft.Storage/storageAccounts/queueServices/queues@2023-05-01' = [for name in concat(queueNames, poisonQueueNames): {
  parent: queues
  name: name
}]

resource appRole 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for role in appRoles: {
  scope: account
  name: guid(account.id, appPrincipalId, role)
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
  }
}]

resource eventsRole 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: deadLetters
  name: guid(deadLetters.id, eventsPrincipalId, storageBlobDataContributor)
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', storageBlobDataContributor)
    principalId: eventsPrincipalId
    principalType: 'ServicePrincipal'
  }
}

resource operatorRole 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for role in operatorRoles: if (!empty(operatorPrincipalId)) {
  scope: account
  name: guid(account.id, operatorPrincipalId, role)
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
    principalId: operatorPrincipalId
    principalType: operatorPrincipalType
  }
}]

@description('Resource ID of the account.')
output id string = account.id

@description('Name of the account.')
output name string = account.name

@description('URL of the container that the package is deployed from.')
output packageContainerUrl string = '${account.properties.primaryEndpoints.blob}${packageContainerName}'

@description('Container of the state documents.')
output stateContainer string = stateContainerName

@description('Container of events that could not be delivered.')
output deadLetterContainer string = deadLetterContainerName
