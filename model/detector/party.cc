// SPDX-License-Identifier: Apache-2.0
#include "model/detector/party.h"

#include "model/entity/address_text.h"

namespace mimir::detector {

namespace {

Place place_of(graph::AddressClass address_class) {
  switch (address_class) {
    case graph::AddressClass::kOutside:
      return Place::kOutside;
    case graph::AddressClass::kNode:
      return Place::kMachine;
    case graph::AddressClass::kIgnored:
      return Place::kNobody;
    case graph::AddressClass::kUnknown:
      break;
  }
  return Place::kUnknown;
}

}  // namespace

Party Resolver::resolve(const Address& address, TimeNs time_ns) const {
  Party party{.address = address};
  if (cluster_ != nullptr) {
    if (const auto entity = cluster_->entities().resolve(address, time_ns)) {
      party.node = graph::node_of(*entity);
      party.key = join(mix(secret_), party.node);
      party.service = cluster_->class_of(party.node);
      party.place = cluster_->kind(party.node) == graph::NodeKind::kClusterNode ? Place::kMachine
                                                                                : Place::kPod;
      return party;
    }
  }
  party.key = key_of(address, secret_);
  party.place = place_of(graph::classify(address, observation_));
  if (observation_.gateway && *observation_.gateway == address) party.place = Place::kMachine;
  if (cluster_ != nullptr) {
    party.service =
        party.place == Place::kOutside ? cluster_->outside_class() : cluster_->unknown_class();
  }
  return party;
}

std::string Resolver::name(const Party& party) const {
  return party.is_known() ? cluster_->node_name(party.node) : entity::to_text(party.address);
}

std::string Resolver::service_name(const Party& party) const {
  return cluster_ == nullptr ? std::string() : cluster_->class_name(party.service);
}

}  // namespace mimir::detector
