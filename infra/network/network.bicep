metadata description = 'A virtual network in the secondary\'s region, in which the app and private endpoints to every storage account are. docs/network.md says what that is good for.'

@description('Region of the network: the secondary\'s.')
param location string

@description('Ending of the names, unique to the environment.')
param token string

@description('Tags of every resource.')
param tags object

@description('Address space of the network, a /24 or larger.')
param prefix string

@description('Resource ID of the app\'s own storage account.')
param ownStorageId string

@description('Resource IDs of the storage accounts of both sides.')
param mediaStorageIds array

var appSubnetName = 'app'
var endpointSubnetName = 'endpoints'

resource network 'Microsoft.Network/virtualNetworks@2023-11-01' = {
  name: 'vnet-mirror-${token}'
  location: location
  tags: tags
  properties: {
    addressSpace: {
      addressPrefixes: [
        prefix
      ]
    }
    subnets: [
      {
        name: appSubnetName
        properties: {
          addressPrefix: cidrSubnet(prefix, 26, 0)
          delegations: [
            {
              name: 'functions'
              properties: {
                // What Flex Consumption asks for.
                serviceName: 'Microsoft.App/environments'
              }
            }
          ]
        }
      }
      {
        name: endpointSubnetName
        properties: {
          addressPrefix: cidrSubnet(prefix, 26, 1)
          privateEndpointNetworkPolicies: 'Disabled'
        }
      }
    ]
  }
}

module zones 'zone.bicep' = [for service in ['blob', 'queue', 'table']: {
  name: 'zone-${service}'
  params: {
    name: 'privatelink.${service}.${environment().suffixes.storage}'
    networkId: network.id
    tags: tags
  }
}]

module ownEndpoints 'endpoint.bicep' = [for (service, index) in ['blob', 'queue', 'table']: {
  name: 'endpoint-own-${service}'
  params: {
    name: 'pep-mirror-${service}-${token}'
    location: location
    subnetId: '${network.id}/subnets/${endpointSubnetName}'
    storageId: ownStorageId
    service: service
    zoneId: zones[index].outputs.id
    tags: tags
  }
}]

module mediaEndpoints 'endpoint.bicep' = [for (id, index) in mediaStorageIds: {
  name: 'endpoint-media-${index}'
  params: {
    name: 'pep-mirror-media-${index}-${token}'
    location: location
    subnetId: '${network.id}/subnets/${endpointSubnetName}'
    storageId: id
    service: 'blob'
    zoneId: zones[0].outputs.id
    tags: tags
  }
}]

@description('Resource ID of the subnet that the app is in.')
output appSubnetId string = '${network.id}/subnets/${appSubnetName}'
