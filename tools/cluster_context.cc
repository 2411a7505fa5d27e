// SPDX-License-Identifier: Apache-2.0
#include "tools/cluster_context.h"

#include <optional>

#include <fmt/format.h>

#include "model/entity/address_text.h"
#include "model/entity/entities.h"
#include "model/entity/history.h"
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

void report_conflicts(const entity::EntityMap& entities, std::size_t known,
                      config::Diagnostics& diagnostics) {
  for (std::size_t i = known; i < entities.conflicts().size(); ++i) {
    const entity::Conflict& conflict = entities.conflicts()[i];
    diagnostics.warning(
        {.file = conflict.place},
        fmt::format("{} is claimed by {} while {} still holds it",
                    entity::to_text(conflict.address), entities.entity(conflict.second).name,
                    entities.entity(conflict.first).name),
        "the later claim holds from then on; is a \"del\" line missing?");
  }
}

PresentCounts count_present(std::span<const entity::Event> events) {
  std::vector<entity::Event> in_order(events.begin(), events.end());
  entity::sort_by_time(in_order);
  PresentCounts counts;
  for (const entity::Event& event : entity::fold(in_order)) {
    ++(event.entity.kind == entity::Kind::kPod       ? counts.pods
       : event.entity.kind == entity::Kind::kService ? counts.services
                                                     : counts.nodes);
  }
  return counts;
}

}  // namespace

std::optional<std::vector<entity::Event>> read_cluster_events(const ModelConfig& config,
                                                              TimeNs start_ns,
                                                              config::Diagnostics& diagnostics) {
  const std::size_t errors_before = diagnostics.error_count();
  const std::optional<std::string> text =
      read_text_file(config.entities, diagnostics,
                     "kubectl get pods,services,endpointslices,nodes -A -o json makes one");
  if (!text) return std::nullopt;
  std::vector<entity::Event> events =
      entity::read_entities(*text, config.entities, start_ns, diagnostics);
  if (diagnostics.error_count() > errors_before) return std::nullopt;
  return events;
}

std::unique_ptr<const ClusterContext> load_cluster(const ModelConfig& config, TimeNs start_ns,
                                                   config::Diagnostics& diagnostics) {
  const auto events = read_cluster_events(config, start_ns, diagnostics);
  return events ? build_cluster(config, *events, nullptr, diagnostics) : nullptr;
}

std::unique_ptr<const ClusterContext> build_cluster(const ModelConfig& config,
                                                    std::span<const entity::Event> events,
                                                    const ClusterContext* before,
                                                    config::Diagnostics& diagnostics) {
  auto context = std::make_unique<ClusterContext>();
  context->entities = entity::EntityMap::build(events);
  if (context->entities.size() == 0) {
    diagnostics.error({.file = config.entities}, "names no pod, service or node",
                      "without entities every address is unknown");
    return nullptr;
  }
  report_conflicts(context->entities, before == nullptr ? 0 : before->entities.conflicts().size(),
                   diagnostics);
  context->services = entity::ServiceAssignment::build(
      context->entities, before == nullptr ? nullptr : &before->services);
  context->cluster = std::make_unique<const graph::Cluster>(
      context->entities, context->services, before == nullptr ? nullptr : before->cluster.get());
  context->observation = observation_of(config, context->entities);
  context->present = count_present(events);
  return context;
}

}  // namespace mimir::tools
