// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/cluster.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace mimir::simulator {
namespace {

constexpr std::uint32_t kNodeNetwork = 0x0a000100;     // 10.0.1.0
constexpr std::uint32_t kServiceNetwork = 0x0a600000;  // 10.96.0.0
constexpr std::uint32_t kDnsAddress = 0x0a60000a;      // 10.96.0.10, where kubeadm puts it
constexpr std::uint32_t kApiAddress = 0x0a600001;      // 10.96.0.1, the first of the range
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

std::uint16_t first_port(Random& random) {
  return static_cast<std::uint16_t>(kPortFirst + random.below(kPortLast - kPortFirst));
}

config::Json entity(TimeNs time_ns, std::string_view operation, std::string_view kind,
                    std::string_view name, std::string_view namespace_name,
                    config::Json addresses) {
  config::Json line = config::Json::object();
  if (time_ns % kNsPerSecond == 0) {
    line.set("t", time_ns / kNsPerSecond);
  } else {
    line.set("t", seconds(time_ns));
  }
  line.set("op", operation);
  line.set("kind", kind);
  line.set("name", name);
  line.set("namespace", namespace_name);
  line.set("ips", std::move(addresses));
  return line;
}

config::Json one_address(std::uint32_t address) {
  config::Json addresses = config::Json::array();
  if (address != 0) addresses.push(address_text(address));
  return addresses;
}

config::Json labels_of(const Service& service) {
  config::Json labels = config::Json::object();
  for (const std::string& label : service.labels) {
    const std::size_t equals = label.find('=');
    labels.set(label.substr(0, equals), label.substr(equals + 1));
  }
  if (service.labels.empty()) labels.set("app", service.name);
  return labels;
}

}  // namespace

std::uint16_t take_port(std::uint16_t& next_port) {
  const std::uint16_t port = next_port;
  next_port = port == kPortLast ? kPortFirst : static_cast<std::uint16_t>(port + 1);
  return port;
}

Cluster::Cluster(const Topology& topology, const std::vector<std::uint32_t>& replicas,
                 Random& random, TimeNs start_ns)
    : topology_(topology), random_(random.next()) {
  for (std::uint32_t i = 0; i < topology.nodes; ++i) {
    const Node& node = nodes.emplace_back(Node{.name = fmt::format("node-{}", i + 1),
                                               .address = kNodeNetwork + 11 + i,
                                               .bridge = kPodNetwork + (i << 8) + 1,
                                               .next_port = first_port(random_),
                                               .free = {},
                                               .next_address = kPodNetwork + (i << 8) + 2});
    config::Json addresses = one_address(node.address);
    addresses.push(address_text(node.bridge));
    config::Json line = entity(start_ns, "add", "node", node.name, "", std::move(addresses));
    line.set("labels", config::Json::object()).set("owner", "").set("node", "");
    entity_lines_ += to_text(line) + '\n';
  }
  for (std::uint32_t index = 0; index < topology.services.size(); ++index) {
    const Service& service = topology.services[index];
    std::uint32_t address = kServiceNetwork + ((index + 20) << 8) + 1 + random_.below(250);
    if (service.name == topology.dns) address = kDnsAddress;
    if (service.is_on_node) address = kApiAddress + 0x10 * index;
    if (service.is_on_node && service.name == "kubernetes") address = kApiAddress;
    virtual_addresses.push_back(service.is_headless ? 0 : address);
    write_service(index, start_ns);
    sets_.push_back(service.name + '-' + generated(random_, 9) + '-');
  }
  pods_of.resize(topology.services.size());
  next_ordinal_.assign(topology.services.size(), 0);
  for (std::uint32_t index = 0; index < topology.services.size(); ++index) {
    for (std::uint32_t replica = 0; replica < replicas[index]; ++replica) {
      make_ready(start_pod(index, start_ns));
    }
  }
}

void Cluster::write_service(std::size_t index, TimeNs time_ns) {
  const Service& service = topology_.services[index];
  config::Json line = entity(time_ns, "add", "service", service.name, service.namespace_name,
                             one_address(virtual_addresses[index]));
  line.set("labels", labels_of(service)).set("owner", "").set("node", "");
  entity_lines_ += to_text(line) + '\n';
}

void Cluster::write_pod(const Pod& pod, std::string_view operation, TimeNs time_ns) {
  config::Json line =
      entity(time_ns, operation, "pod", pod.name, pod.namespace_name, one_address(pod.address));
  if (pod.service == kNoService) {
    line.set("labels", config::Json::object());
  } else {
    line.set("labels", labels_of(topology_.services[pod.service]));
  }
  line.set("owner", pod.owner).set("node", nodes[pod.node].name);
  if (pod.service != kNoService && !topology_.services[pod.service].image.empty()) {
    line.set("image", topology_.services[pod.service].image);
  }
  entity_lines_ += to_text(line) + '\n';
}

std::uint32_t Cluster::add_pod(Pod pod, TimeNs time_ns) {
  const bool is_on_node = pod.service != kNoService && topology_.services[pod.service].is_on_node;
  const auto emptiest = std::min_element(
      nodes.begin(), nodes.end(), [](const Node& a, const Node& b) { return a.pods < b.pods; });
  Node& node = is_on_node ? nodes.front() : *emptiest;
  pod.node = static_cast<std::uint32_t>(&node - nodes.data());
  pod.next_port = first_port(random_);
  if (is_on_node) {
    pod.address = node.address;
  } else if (node.free.empty()) {
    pod.address = node.next_address++;
  } else {
    pod.address = *node.free.begin();
    node.free.erase(node.free.begin());
  }
  if (!is_on_node) ++node.pods;
  write_pod(pod, "add", time_ns);
  pods.push_back(std::move(pod));
  return static_cast<std::uint32_t>(pods.size() - 1);
}

std::uint32_t Cluster::start_pod(std::uint32_t service, TimeNs time_ns, const std::string& name) {
  const Service& what = topology_.services[service];
  Pod pod{};
  pod.service = service;
  pod.namespace_name = what.namespace_name;
  pod.owner = what.kind + '/' + what.name;
  if (!name.empty()) {
    pod.name = name;
  } else if (what.kind == "StatefulSet") {
    pod.name = fmt::format("{}-{}", what.name, next_ordinal_[service]++);
  } else {
    pod.name = sets_[service] + generated(random_, 5);
  }
  return add_pod(std::move(pod), time_ns);
}

std::uint32_t Cluster::start_job_pod(const Job& job, TimeNs time_ns) {
  // A CronJob names its Job after the minute, in minutes since 1970.
  const std::string run = fmt::format("{}-{}", job.name, time_ns / (60 * kNsPerSecond));
  Pod pod{};
  pod.service = kNoService;
  pod.namespace_name = job.namespace_name;
  pod.owner = "Job/" + run;
  pod.name = run + '-' + generated(random_, 5);
  return add_pod(std::move(pod), time_ns);
}

void Cluster::make_ready(std::uint32_t pod) {
  pods[pod].state = Pod::State::kReady;
  if (pods[pod].service != kNoService) pods_of[pods[pod].service].push_back(pod);
}

void Cluster::begin_leaving(std::uint32_t pod) {
  pods[pod].state = Pod::State::kLeaving;
  if (pods[pod].service != kNoService) std::erase(pods_of[pods[pod].service], pod);
}

void Cluster::remove(std::uint32_t pod, TimeNs time_ns) {
  Pod& gone = pods[pod];
  gone.state = Pod::State::kGone;
  write_pod(gone, "del", time_ns);
  Node& node = nodes[gone.node];
  node.free.insert(gone.address);
  --node.pods;
}

void Cluster::new_version(std::uint32_t service) {
  sets_[service] = topology_.services[service].name + '-' + generated(random_, 9) + '-';
}

std::string address_text(std::uint32_t address) {
  return fmt::format("{}.{}.{}.{}", address >> 24, (address >> 16) & 0xffU, (address >> 8) & 0xffU,
                     address & 0xffU);
}

config::Json seconds(TimeNs time_ns) {
  return config::Json(static_cast<double>(time_ns / 1000) / 1e6);
}

}  // namespace mimir::simulator
