// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "config/section.h"

namespace mimir::controlplane {

/// The `kubernetes:` section.
struct KubernetesConfig {
  std::string api;  ///< "https://10.0.0.1:6443"; empty: the API is not asked
  std::string token_file;
  std::string ca_file;
  std::string client_certificate;
  std::string client_key;
  std::vector<std::string> namespaces;  ///< none: all
};

[[nodiscard]] config::Section<KubernetesConfig> kubernetes_section();

}  // namespace mimir::controlplane
