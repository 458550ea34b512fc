metadata description = 'The system topic of the primary\'s resource group, in which Azure Resource Manager says what was written and deleted.'

@description('Name of the topic.')
param topicName string

@description('Tags of every resource.')
param tags object

// A resource group has no region, so its topic is global, and a global topic can have no identity (Event Grid's documentation,
// "Enable managed identity for system topics"). Without one nothing can be dead-lettered to a storage account without keys:
// what is not delivered within a day is left to the walks, and an alert tells of it.
resource topic 'Microsoft.EventGrid/systemTopics@2022-06-15' = {
  name: topicName
  location: 'global'
  tags: tags
  properties: {
    source: resourceGroup().id
    topicType: 'Microsoft.Resources.ResourceGroups'
  }
}
