// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/cluster.h"

#include <utility>

#include <fmt/format.h>

#include "config/json.h"

namespace mimir::simulator {
namespace {

constexpr std::uint32_t kNodes = 3;
constexpr std::uint32_t kNodeNetwork = 0x0a000100;     // 10.0.1.0
constexpr std::uint32_t kPodNetwork = 0x0af40000;      // 10.244.0.0
constexpr std::uint32_t kServiceNetwork = 0x0a600000;  // 10.96.0.0
constexpr std::uint32_t kDnsAddress = 0x0a60000a;      // 10.96.0.10, where kubeadm puts it
constexpr std::uint16_t kPortFirst = 32768;
constexpr std::uint16_t kPortLast = 60999;

/// The alphabet of Kubernetes' generated names: no vowels, no words.
std::string generated(Random& random, std::size_t count) {
  constexpr std::string_view kAlphabet = "bcdfghjklmnpqrstvwxz2456789";
  std::string text;
  for (std::size_t i = 0; i < count; ++i) {
    text += kAlphabet[random.below(static_cast<std::uint32_t>(kAlphabet.size()))];
  }
  return text;
}

config::Json entity(TimeNs start_ns, std::string_view kind, std::string_view name,
                    std::string_view namespace_name, config::Json addresses) {
  config::Json line = config::Json::object();
  line.set("t", start_ns / kNsPerSecond);
  line.set("op", "add");
  line.set("kind", kind);
  line.set("name", name);
  line.set("namespace", namespace_name);
  line.set("ips", std::move(addresses));
  return line;
}

config::Json one_address(std::uint32_t address) {
  config::Json addresses = config::Json::array();
  addresses.push(address_text(address));
  return addresses;
}

config::Json labels_of(const Service& service) {
  config::Json labels = config::Json::object();
  labels.set(service.label_key, service.name);
  return labels;
}

}  // namespace

std::uint16_t take_port(std::uint16_t& next_port) {
  const std::uint16_t port = next_port;
  next_port = port == kPortLast ? kPortFirst : static_cast<std::uint16_t>(port + 1);
  return port;
}

Cluster place(const Topology& topology, Random& random) {
  Cluster cluster;
  const auto first_port = [&random] {
    return static_cast<std::uint16_t>(kPortFirst + random.below(kPortLast - kPortFirst));
  };
  for (std::uint32_t i = 0; i < kNodes; ++i) {
    cluster.nodes.push_back({fmt::format("node-{}", i + 1), kNodeNetwork + 11 + i,
                             kPodNetwork + (i << 8) + 1, first_port()});
  }
  std::vector<std::uint32_t> pods_on(kNodes, 0);
  std::uint32_t turn = 0;
  for (std::uint32_t index = 0; index < topology.services.size(); ++index) {
    const Service& service = topology.services[index];
    cluster.virtual_addresses.push_back(service.name == topology.dns
                                            ? kDnsAddress
                                            : kServiceNetwork + ((index + 20) << 8) + 1 +
                                                  random.below(250));
    auto& own = cluster.pods_of.emplace_back();
    const std::string set = service.name + '-' + generated(random, 9) + '-';
    for (std::uint32_t replica = 0; replica < service.replicas; ++replica) {
      const std::uint32_t node = turn++ % kNodes;
      own.push_back(static_cast<std::uint32_t>(cluster.pods.size()));
      cluster.pods.push_back({set + generated(random, 5), index, node,
                              kPodNetwork + (node << 8) + 2 + pods_on[node]++, first_port()});
    }
  }
  return cluster;
}

std::string entity_lines(const Topology& topology, const Cluster& cluster, TimeNs start_ns) {
  std::string text;
  const auto write = [&](config::Json line, config::Json labels, std::string owner,
                         std::string node) {
    line.set("labels", std::move(labels));
    line.set("owner", std::move(owner));
    line.set("node", std::move(node));
    text += to_text(line) + '\n';
  };
  for (const Node& node : cluster.nodes) {
    config::Json addresses = one_address(node.address);
    addresses.push(address_text(node.bridge));
    write(entity(start_ns, "node", node.name, "", std::move(addresses)), config::Json::object(), "",
          "");
  }
  for (std::size_t i = 0; i < topology.services.size(); ++i) {
    const Service& service = topology.services[i];
    write(entity(start_ns, "service", service.name, service.namespace_name,
                 one_address(cluster.virtual_addresses[i])),
          labels_of(service), "", "");
  }
  for (const Pod& pod : cluster.pods) {
    const Service& service = topology.services[pod.service];
    write(entity(start_ns, "pod", pod.name, service.namespace_name, one_address(pod.address)),
          labels_of(service), "Deployment/" + service.name, cluster.nodes[pod.node].name);
  }
  return text;
}

std::string address_text(std::uint32_t address) {
  return fmt::format("{}.{}.{}.{}", address >> 24, (address >> 16) & 0xffU, (address >> 8) & 0xffU,
                     address & 0xffU);
}

}  // namespace mimir::simulator
