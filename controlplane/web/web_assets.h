// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

namespace mimir::controlplane {

/// A file of the dashboard, as it lies in the executable.
struct WebAsset {
  std::string_view name;  ///< "index.html", "dashboard.js"
  std::string_view text;
};

/// All of them: the page needs no other server.
[[nodiscard]] std::span<const WebAsset> web_assets();

}  // namespace mimir::controlplane
