// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "config/section.h"

namespace mimir {

/// The `model:` section: which model judges, and who is who in the cluster.
struct ModelConfig {
  std::string file;
  std::string entities;
  std::string entity_log;
  std::int64_t entity_age_max_ns = 0;
  std::string observation = "mirror";
  std::vector<std::string> pod_cidrs;
  std::vector<std::string> service_cidrs;
  std::vector<std::string> node_cidrs;
  std::vector<std::string> outside_cidrs;
  std::string gateway;
};

[[nodiscard]] config::Section<ModelConfig> model_section();

}  // namespace mimir
