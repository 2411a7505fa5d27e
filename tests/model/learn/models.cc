// SPDX-License-Identifier: Apache-2.0
#include "tests/model/learn/models.h"

#include <limits>
#include <string>

#include "tests/model/learn/draw.h"

namespace mimir::learn {

FeatureTable separable_table(std::size_t window_count) {
  FeatureTable table({"share", "noise", "flow", "steady", "never"});
  Draw draw(21);
  for (const char* run : {"monday", "tuesday"}) {
    for (const std::uint32_t granularity_s : {10U, 60U}) {
      const std::size_t minute = 60 / granularity_s;
      for (std::size_t i = 0; i < window_count * 10 / granularity_s; ++i) {
        const bool attack = i / minute % 5 == 3;
        const double lift = attack ? 1 : 0;
        const std::vector<double> values = {0.5 + 0.2 * draw.symmetric() + 4 * lift,
                                            draw.symmetric(),
                                            100 + 10 * draw.symmetric() + 40 * lift, 7,
                                            attack ? 1 : std::numeric_limits<double>::quiet_NaN()};
        WindowInfo window;
        window.begin_ns = static_cast<TimeNs>(i) * granularity_s * kNsPerSecond;
        window.granularity_s = granularity_s;
        window.attack = attack;
        window.run = run;
        window.rate_bytes_per_minute = attack ? 1e6 : 0;
        table.append(window, values);
      }
    }
  }
  return table;
}

TrainingSet separable_set(std::size_t window_count) {
  TrainingSet set;
  set.table = separable_table(window_count);
  set.context.name = "shop";
  set.context.created_from = {.captures = {{"monday.pcap", "c0ffee"}, {"tuesday.pcap", "decade"}},
                              .runs = {"monday", "tuesday"},
                              .window_count = set.table.row_count(),
                              .seed = std::numeric_limits<std::uint64_t>::max(),
                              .rates_bytes_per_minute = {1e6, 0.1}};
  set.context.observation = "mirror";
  set.context.base_window_ns = 10 * kNsPerSecond;
  set.context.sensitive_service = "shop/user-db";
  set.context.services = {"outside", "shop/user", "shop/user-db"};
  set.context.destinations = {{.service = "shop/user", .networks = {"192.0.2.0/24"}}};
  set.context.pod_laws = {{.source = "shop/user",
                           .target = "outside",
                           .granularity_s = 10,
                           .base = 0.1,
                           .terms = {{.service = "shop/user-db", .slope = 1.0 / 3}},
                           .noise = 12}};
  set.context.edges = {edge_baseline("shop/user", "shop/user-db", 10, {5, 1, 3})};
  set.context.contacts = {
      .pairs = {{.client = "shop/user",
                 .server = "shop/user-db",
                 .port = 27017,
                 .protocol = 6,
                 .contact_count = 7}},
      .priors = {{.service = "shop/user", .opened_count = 9, .failed_count = 1, .server_count = 1}},
      .habits = {
          {.detector = "beacon", .source = "shop/user", .target = "203.0.113.4", .port = 443}}};
  return set;
}

Model small_model() {
  Model model;
  model.context.name = "small";
  GranularityModel fine;
  fine.granularity_s = 10;
  fine.features = {{"a", {.median = 1, .iqr = 2}, 0.5},
                   {"b", {.median = 10, .iqr = 5}, -0.25},
                   {"c", {.median = 0, .iqr = 1}, 0}};
  fine.intercept = 0.125;
  fine.threshold = 0.75;
  GranularityModel coarse = fine;
  coarse.granularity_s = 60;
  coarse.intercept = 0.25;
  coarse.features[0].weight = 1;
  model.granularities = {fine, coarse};
  Combination& combination = model.combination.emplace();
  combination.weights = {0.5, 2};
  combination.intercept = -0.5;
  combination.threshold = 1;
  return model;
}

}  // namespace mimir::learn
