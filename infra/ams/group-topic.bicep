metadata description = 'The system topic of the primary\'s resource group, in which Azure Resource Manager says what was written and deleted.'

@description('Name of the topic.')
param topicName string

@description('Resource ID of the identity that writes dead letters; empty for a topic without it.')
param eventsIdentityId string

@description('Tags of every resource.')
param tags object

// A resource group has no region, so its topic is global. Such a topic once could have no identity
// (https://github.com/Azure/azure-cli/issues/18002); now it can (Event Grid's documentation, "Enable managed identity on Azure Event Grid
// system topic").
resource topic 'Microsoft.EventGrid/systemTopics@2022-06-15' = {
  name: topicName
  location: 'global'
  tags: tags
  identity: empty(eventsIdentityId) ? null : {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${eventsIdentityId}': {}
    }
  }
  properties: {
    source: resourceGroup().id
    topicType: 'Microsoft.Resources.ResourceGroups'
  }
}
