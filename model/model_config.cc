// SPDX-License-Identifier: Apache-2.0
#include "model/model_config.h"

#include <algorithm>

#include "model/entity/address_text.h"

namespace mimir {

namespace {

constexpr std::int64_t kEntityAgeMaxNs = 365LL * 86400 * 1'000'000'000;

bool are_cidrs(const std::vector<std::string>& texts) {
  return std::all_of(texts.begin(), texts.end(),
                     [](const std::string& text) { return entity::parse_cidr(text).has_value(); });
}

}  // namespace

config::Section<ModelConfig> model_section() {
  using C = ModelConfig;
  constexpr const char* kCidrHint = "write [10.244.0.0/16, fd00::/8]";
  config::Section<C> section("model");
  section
      .text("file", &C::file,
            "The model that judges, as mimir train writes it. The file of this name with "
            ".candidate behind it, if there is one, judges too and alarms nobody: mimir model "
            "stage.")
      .text("entities", &C::entities,
            "Who holds which address: an entities.jsonl, a creation log of the prototype, or what "
            "kubectl get nodes,services,endpointslices,pods -A -o json prints. While ports are "
            "listened to it is read again whenever it changes.")
      .text("entity_log", &C::entity_log,
            "A file that every change of the entities is appended to, while ports are listened to; "
            "mimir train reads it as entities. If the API of kubernetes.api does not answer at the "
            "start, it says who was who. Empty: none.")
      .duration_ns("entity_age_max", &C::entity_age_max_ns, 0, kEntityAgeMaxNs,
                   "Entities of which nothing was heard for longer are stale: alerts and /readyz "
                   "say so. 0s: 15min if kubernetes.api is given, never for a file.")
      .choice("observation", &C::observation, {"mirror", "node-any"},
              "Where the packets are seen: a mirror port behind address translation, or all "
              "interfaces of a node.")
      .text_list("pod_cidrs", &C::pod_cidrs,
                 "Ranges pods get their addresses from; empty: proposed from the entities.")
      .text_list("service_cidrs", &C::service_cidrs,
                 "Ranges services get their addresses from; empty: proposed from the entities.")
      .text_list("node_cidrs", &C::node_cidrs,
                 "Ranges of the cluster's machines; empty: proposed from the entities.")
      .text_list("outside_cidrs", &C::outside_cidrs,
                 "Private ranges that are outside all the same: a company's own clients.")
      .text("gateway", &C::gateway,
            "node-any only: the bridge address through which kubelets and the outside reach pods.")
      .require(
          "pod_cidrs", [](const C& c) { return are_cidrs(c.pod_cidrs); },
          "model.pod_cidrs: not every element is a range of addresses", kCidrHint)
      .require(
          "service_cidrs", [](const C& c) { return are_cidrs(c.service_cidrs); },
          "model.service_cidrs: not every element is a range of addresses", kCidrHint)
      .require(
          "node_cidrs", [](const C& c) { return are_cidrs(c.node_cidrs); },
          "model.node_cidrs: not every element is a range of addresses", kCidrHint)
      .require(
          "outside_cidrs", [](const C& c) { return are_cidrs(c.outside_cidrs); },
          "model.outside_cidrs: not every element is a range of addresses", kCidrHint)
      .require(
          "gateway",
          [](const C& c) { return c.gateway.empty() || entity::parse_address(c.gateway); },
          "model.gateway is no address", "write 172.17.0.1");
  return section;
}

}  // namespace mimir
