// SPDX-License-Identifier: Apache-2.0
#include "tools/cluster_context.h"

#include <optional>

#include <fmt/format.h>

#include "model/entity/address_text.h"
#include "model/entity/entities.h"
#include "tools/text_file.h"

namespace mimir::tools {

namespace {

/// REQUIRES: the section has checked them.
std::vector<entity::Cidr> parse_all(const std::vector<std::string>& texts) {
  std::vector<entity::Cidr> cidrs;
  for (const std::string& text : texts) {
    if (const auto cidr = entity::parse_cidr(text)) cidrs.push_back(*cidr);
  }
  return cidrs;
}

graph::ObservationConfig observation_of(const ModelConfig& config,
                                        const entity::EntityMap& entities) {
  graph::ObservationConfig observation{.point = config.observation == "node-any"
                                                    ? graph::Observation::kNodeAny
                                                    : graph::Observation::kMirror,
                                       .pod_cidrs = parse_all(config.pod_cidrs),
                                       .service_cidrs = parse_all(config.service_cidrs),
                                       .node_cidrs = parse_all(config.node_cidrs),
                                       .outside_cidrs = parse_all(config.outside_cidrs),
                                       .gateway = entity::parse_address(config.gateway)};
  return graph::propose_cidrs(std::move(observation), entities);
}

void report_conflicts(const entity::EntityMap& entities, config::Diagnostics& diagnostics) {
  for (const entity::Conflict& conflict : entities.conflicts()) {
    diagnostics.warning(
        {.file = conflict.place},
        fmt::format("{} is claimed by {} while {} still holds it",
                    entity::to_text(conflict.address), entities.entity(conflict.second).name,
                    entities.entity(conflict.first).name),
        "the later claim holds from then on; is a \"del\" line missing?");
  }
}

}  // namespace

std::unique_ptr<const ClusterContext> load_cluster(const ModelConfig& config, TimeNs start_ns,
                                                   config::Diagnostics& diagnostics) {
  const std::size_t errors_before = diagnostics.error_count();
  const std::optional<std::string> text = read_text_file(config.entities, diagnostics);
  if (!text) return nullptr;
  const std::vector<entity::Event> events =
      entity::read_entities(*text, config.entities, start_ns, diagnostics);
  if (diagnostics.error_count() > errors_before) return nullptr;
  auto context = std::make_unique<ClusterContext>();
  context->entities = entity::EntityMap::build(events);
  if (context->entities.size() == 0) {
    diagnostics.error({.file = config.entities}, "names no pod, service or node",
                      "without entities every address is unknown");
    return nullptr;
  }
  report_conflicts(context->entities, diagnostics);
  context->services = entity::ServiceAssignment::build(context->entities);
  context->cluster = std::make_unique<const graph::Cluster>(context->entities, context->services);
  context->observation = observation_of(config, context->entities);
  return context;
}

}  // namespace mimir::tools
