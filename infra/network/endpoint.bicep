metadata description = 'A private endpoint to one service of one storage account. An account elsewhere is approved by whoever deploys, who needs the right to.'

@description('Name of the endpoint.')
param name string

@description('Region of the network.')
param location string

@description('Resource ID of the subnet.')
param subnetId string

@description('Resource ID of the storage account.')
param storageId string

@description('Which of the account\'s services.')
@allowed([
  'blob'
  'queue'
  'table'
])
param service string

@description('Resource ID of the private DNS zone of that service.')
param zoneId string

@description('Tags of every resource.')
param tags object

resource endpoint 'Microsoft.Network/privateEndpoints@2023-11-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    subnet: {
      id: subnetId
    }
    privateLinkServiceConnections: [
      {
        name: 'media-mirror'
        properties: {
          privateLinkServiceId: storageId
          groupIds: [
            service
          ]
        }
      }
    ]
  }
}

resource names 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2023-11-01' = {
  parent: endpoint
  name: 'default'
  properties: {
    privateDnsZoneConfigs: [
      {
        name: service
        properties: {
          privateDnsZoneId: zoneId
        }
      }
    ]
  }
}
