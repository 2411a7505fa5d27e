// SPDX-License-Identifier: Apache-2.0
#include "tests/model/graph/wordpress.h"

#include <fstream>
#include <sstream>
#include <utility>

#include "model/entity/address_text.h"

namespace mimir::test {

using entity::Event;
using entity::Kind;

Address address_of(std::string_view text) { return entity::parse_address(text).value(); }

namespace {

Event event(Kind kind, std::string name, std::string_view address, std::string namespace_name,
            std::string label_key, std::string label_value) {
  Event result;
  result.entity.kind = kind;
  result.entity.name = std::move(name);
  result.entity.namespace_name = std::move(namespace_name);
  if (!label_key.empty()) {
    result.entity.labels.emplace(std::move(label_key), std::move(label_value));
  }
  result.addresses.push_back(address_of(address));
  return result;
}

}  // namespace

Event pod_event(std::string name, std::string_view address, std::string namespace_name,
                std::string label_key, std::string label_value) {
  return event(Kind::kPod, std::move(name), address, std::move(namespace_name),
               std::move(label_key), std::move(label_value));
}

Event service_event(std::string name, std::string_view address, std::string namespace_name,
                    std::string label_key, std::string label_value) {
  return event(Kind::kService, std::move(name), address, std::move(namespace_name),
               std::move(label_key), std::move(label_value));
}

graph::NodeId World::pod(std::string_view name, std::string_view namespace_name) const {
  return graph::node_of(entities.find(Kind::kPod, namespace_name, name).value());
}

graph::NodeId World::vip(std::string_view name, std::string_view namespace_name) const {
  return graph::node_of(entities.find(Kind::kService, namespace_name, name).value());
}

graph::ClassId World::class_named(std::string_view name) const {
  return cluster.find_class(name).value();
}

std::string wordpress_pod(std::string_view suffix) {
  return "wwwppp-wordpress-65d5d74697-" + std::string(suffix);
}

std::vector<Event> wordpress_events() {
  const std::string system = "kube-system";
  const std::string user = "default";
  std::vector<Event> events = {
      service_event("kubernetes", "10.96.0.1", user, "", ""),
      service_event("kube-dns", "10.96.0.10", system, "k8s-app", "kube-dns"),
      service_event("monitoring-grafana", "10.96.82.28", system, "k8s-app", "influx-grafana"),
      service_event("kubernetes-dashboard", "10.99.255.138", system, "app", "kubernetes-dashboard"),
      service_event("heapster", "10.102.10.157", system, "k8s-app", "heapster"),
      service_event("wwwppp-wordpress", "10.102.172.162", user, "app", "wwwppp-wordpress"),
      service_event("my-release-pxc", "10.105.16.206", user, "app", "my-release-pxc"),
      service_event("monitoring-influxdb", "10.106.56.90", system, "k8s-app", "influx-grafana"),
      service_event("metrics-server", "10.109.5.116", system, "k8s-app", "metrics-server"),
      service_event("tiller-deploy", "10.111.200.108", system, "name", "tiller"),
      pod_event("kube-proxy-xmz69", "10.0.2.15", system, "k8s-app", "kube-proxy"),
      pod_event("kube-dns-86f4d74b45-vjpwb", "172.17.0.2", system, "k8s-app", "kube-dns"),
      pod_event("metrics-server-85c979995f-cmzgm", "172.17.0.3", system, "k8s-app",
                "metrics-server"),
      pod_event("kubernetes-dashboard-5498ccf677-m4l8h", "172.17.0.4", system, "app",
                "kubernetes-dashboard"),
      pod_event("heapster-zsfs9", "172.17.0.5", system, "k8s-app", "heapster"),
      pod_event("influxdb-grafana-22c8h", "172.17.0.6", system, "k8s-app", "influx-grafana"),
      pod_event("tiller-deploy-78c6868dd6-gbqfk", "172.17.0.7", system, "name", "tiller"),
  };
  for (int i = 0; i < 7; ++i) {
    events.push_back(pod_event("my-release-pxc-" + std::to_string(i),
                               "172.17.0." + std::to_string(8 + i), user, "app", "my-release-pxc"));
  }
  const std::vector<std::pair<std::string, int>> web = {
      {"7bd6l", 15}, {"s8vfp", 16}, {"nzwvr", 17}, {"24scj", 18}, {"7fq6l", 19}, {"w9h7b", 20},
      {"sgwls", 21}, {"qtxkf", 22}, {"h5tj2", 23}, {"clhq4", 24}, {"xnwx2", 26}};
  for (const auto& [suffix, last] : web) {
    events.push_back(pod_event(wordpress_pod(suffix), "172.17.0." + std::to_string(last), user,
                               "app", "wwwppp-wordpress"));
  }
  return events;
}

graph::ObservationConfig wordpress_observation() {
  return {.point = graph::Observation::kNodeAny, .gateway = address_of("172.17.0.1")};
}

std::optional<std::vector<graph::Conversation>> wordpress_conversations(int window) {
  std::ifstream file(std::string(MIMIR_SHARED_DIR) + "/data/wordpress/conversations_window_" +
                     std::to_string(window) + ".txt");
  if (!file) return std::nullopt;
  std::vector<graph::Conversation> conversations;
  std::string line;
  while (std::getline(file, line)) {
    std::istringstream words(line);
    std::string first;
    std::string arrow;
    std::string second;
    if (!(words >> first >> arrow >> second) || arrow != "<->") continue;
    graph::Conversation conversation;
    conversation.first = address_of(first);
    conversation.second = address_of(second);
    words >> conversation.second_to_first.packets >> conversation.second_to_first.bytes >>
        conversation.first_to_second.packets >> conversation.first_to_second.bytes;
    conversations.push_back(conversation);
  }
  return conversations;
}

}  // namespace mimir::test
