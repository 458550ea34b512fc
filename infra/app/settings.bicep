metadata description = 'The app settings. docs/configure.md has the table of what the handler reads.'

@description('Name of the function app.')
param appName string

@description('Name of Application Insights.')
param insightsName string

@description('Name of the app\'s own storage account.')
param storageName string

@description('Container of the state documents.')
param stateContainer string

@description('Name of the vault of the MK.IO tokens; used by mkio alone.')
param vaultName string

@description('Client ID of the app\'s identity.')
param clientId string

@description('The service that both accounts speak.')
@allowed([
  'ams'
  'mkio'
])
param backend string

@description('The account that is mirrored: resource ID (ams) or project (mkio).')
param primary string

@description('The account that is kept ready, in the same form.')
param secondary string

@description('Which storage account or record of the secondary takes the place of which of the primary.')
param storageMap string

@description('How the secondary\'s storage service reads the primary\'s blobs.')
@allowed([
  'bearer'
  'delegation-sas'
])
param sourceAuth string

@description('Whose events are accepted.')
param eventTopics string

@description('Kinds whose replicas may be deleted.')
param deletions array

@description('How many instances of the app there are at most.')
param instances int

@description('Further settings by their names, which win over the others.')
param extra object

// MK.IO announces no deletion: there a walk has to find it.
var deletedBy = backend == 'ams' ? 'events' : 'converge'
var deletes = map(deletions, kind => '${kind}=${deletedBy}')

var common = {
  AzureWebJobsStorage__accountName: storageName
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__clientId: clientId
  APPLICATIONINSIGHTS_CONNECTION_STRING: insights.properties.ConnectionString
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${clientId};Authorization=AAD'
  AZURE_CLIENT_ID: clientId
  MIRROR_BACKEND: backend
  MIRROR_PRIMARY: primary
  MIRROR_SECONDARY: secondary
  MIRROR_STORAGE_MAP: storageMap
  MIRROR_SOURCE_AUTH: sourceAuth
  MIRROR_EVENT_TOPICS: eventTopics
  MIRROR_INSTANCES: string(instances)
  MIRROR_STATE_CONTAINER: stateContainer
  // Said always: without the setting the handler deletes locators, and would be refused where the role is not assigned.
  MIRROR_DELETES: empty(deletes) ? 'streamingLocators=off' : join(deletes, ',')
  // A replacement is a deletion too.
  MIRROR_CONFLICTS: contains(deletions, 'streamingLocators') ? 'streamingLocators=replace-without-keys' : 'streamingLocators=report'
}

var vaultSecrets = 'https://${vaultName}${environment().suffixes.keyvaultDns}/secrets'

var tokens = {
  MIRROR_PRIMARY_TOKEN: '@Microsoft.KeyVault(SecretUri=${vaultSecrets}/mirror-primary-token)'
  MIRROR_SECONDARY_TOKEN: '@Microsoft.KeyVault(SecretUri=${vaultSecrets}/mirror-secondary-token)'
  MIRROR_WEBHOOK_SECRET: '@Microsoft.KeyVault(SecretUri=${vaultSecrets}/mirror-webhook-secret)'
}

resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: insightsName
}

resource site 'Microsoft.Web/sites@2024-04-01' existing = {
  name: appName
}

resource settings 'Microsoft.Web/sites/config@2024-04-01' = {
  parent: site
  name: 'appsettings'
  properties: union(common, backend == 'mkio' ? tokens : {}, extra)
}
