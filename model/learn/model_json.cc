// SPDX-License-Identifier: Apache-2.0
#include "model/learn/model_json.h"

#include <cstdint>
#include <string>
#include <utility>

namespace mimir::learn {

using config::Json;

namespace {

Json to_json(const Provenance& provenance) {
  Json captures = Json::array();
  for (const CaptureOrigin& capture : provenance.captures) {
    captures.push(Json::object()
                      .set("name", capture.name)
                      .set("digest", capture.digest)
                      .set("windows", capture.windows));
  }
  Json runs = Json::array();
  for (const std::string& run : provenance.runs) runs.push(run);
  Json rates = Json::array();
  for (const double rate : provenance.rates_bytes_per_minute) rates.push(rate);
  return Json::object()
      .set("captures", std::move(captures))
      .set("runs", std::move(runs))
      .set("window_count", provenance.window_count)
      .set("seed", provenance.seed)
      .set("rates_bytes_per_minute", std::move(rates));
}

Json to_json(const Law& law) {
  return Json::object()
      .set("given", law.given)
      .set("base", law.base)
      .set("slope", law.slope)
      .set("noise", law.noise);
}

Json to_json(const GranularityModel& model) {
  Json features = Json::array();
  for (const Feature& feature : model.features) features.push(to_json(feature));
  return Json::object()
      .set("granularity_s", model.granularity_s)
      .set("intercept", model.intercept)
      .set("threshold", model.threshold)
      .set("alpha", model.alpha)
      .set("z_limit", model.z_limit)
      .set("training", to_json(model.training))
      .set("features", std::move(features));
}

Json to_json(const Combination& combination) {
  Json weights = Json::array();
  for (const double weight : combination.weights) weights.push(weight);
  return Json::object()
      .set("weights", std::move(weights))
      .set("intercept", combination.intercept)
      .set("threshold", combination.threshold)
      .set("alpha", combination.alpha)
      .set("training", to_json(combination.training));
}

Json to_json(const ContactHabits& contacts) {
  Json pairs = Json::array();
  for (const AllowedPair& pair : contacts.pairs) {
    pairs.push(Json::object()
                   .set("client", pair.client)
                   .set("server", pair.server)
                   .set("port", std::uint32_t{pair.port})
                   .set("protocol", std::uint32_t{pair.protocol})
                   .set("contact_count", pair.contact_count));
  }
  Json priors = Json::array();
  for (const ContactPrior& prior : contacts.priors) {
    priors.push(Json::object()
                    .set("service", prior.service)
                    .set("opened_count", prior.opened_count)
                    .set("failed_count", prior.failed_count)
                    .set("server_count", prior.server_count));
  }
  Json habits = Json::array();
  for (const Habit& habit : contacts.habits) {
    habits.push(Json::object()
                    .set("detector", habit.detector)
                    .set("source", habit.source)
                    .set("target", habit.target)
                    .set("port", std::uint32_t{habit.port}));
  }
  return Json::object()
      .set("pairs", std::move(pairs))
      .set("priors", std::move(priors))
      .set("habits", std::move(habits));
}

Json to_json(const ServiceNetworks& known) {
  Json networks = Json::array();
  for (const std::string& network : known.networks) networks.push(network);
  return Json::object().set("service", known.service).set("networks", std::move(networks));
}

}  // namespace

Json to_json(const Confusion& counts) {
  return Json::object()
      .set("true_negative", counts.true_negative)
      .set("false_positive", counts.false_positive)
      .set("false_negative", counts.false_negative)
      .set("true_positive", counts.true_positive);
}

Json to_json(const Feature& feature) {
  Json entry = Json::object()
                   .set("name", feature.name)
                   .set("median", feature.spread.median)
                   .set("iqr", feature.spread.iqr)
                   .set("weight", feature.weight);
  if (feature.law) entry.set("law", to_json(*feature.law));
  return entry;
}

Json to_json(const EdgeBaseline& edge) {
  return Json::object()
      .set("source", edge.source)
      .set("destination", edge.destination)
      .set("granularity_s", edge.granularity_s)
      .set("median_bytes", edge.median_bytes)
      .set("p99_bytes", edge.p99_bytes)
      .set("window_count", edge.window_count);
}

Json to_json(const PodLaw& law) {
  Json terms = Json::array();
  for (const PodLaw::Term& term : law.terms) {
    terms.push(Json::object().set("service", term.service).set("slope", term.slope));
  }
  return Json::object()
      .set("source", law.source)
      .set("target", law.target)
      .set("granularity_s", law.granularity_s)
      .set("base", law.base)
      .set("noise", law.noise)
      .set("terms", std::move(terms));
}

Json to_json(const Model& model) {
  const ModelContext& context = model.context;
  Json services = Json::array();
  for (const std::string& service : context.services) services.push(service);
  Json granularities = Json::array();
  for (const GranularityModel& granularity : model.granularities) {
    granularities.push(to_json(granularity));
  }
  Json edges = Json::array();
  for (const EdgeBaseline& edge : context.edges) edges.push(to_json(edge));
  Json destinations = Json::array();
  for (const ServiceNetworks& known : context.destinations) destinations.push(to_json(known));
  Json pod_laws = Json::array();
  for (const PodLaw& law : context.pod_laws) pod_laws.push(to_json(law));
  return Json::object()
      .set("name", context.name)
      .set("created_from", to_json(context.created_from))
      .set("observation", context.observation)
      .set("base_window_ns", context.base_window_ns)
      .set("sensitive_service", context.sensitive_service)
      .set("is_prototype", context.is_prototype)
      .set("granularities", std::move(granularities))
      .set("combination", model.combination ? to_json(*model.combination) : Json())
      .set("services", std::move(services))
      .set("edges", std::move(edges))
      .set("contacts", to_json(context.contacts))
      .set("destinations", std::move(destinations))
      .set("pod_laws", std::move(pod_laws));
}

}  // namespace mimir::learn
