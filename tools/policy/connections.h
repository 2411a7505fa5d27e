// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <set>
#include <string>

#include "model/graph/cluster.h"
#include "tools/injector/policy.h"

namespace mimir::policy {

/// `client` may open connections to `server`: names of services, or injector::kInternetName.
struct Connection {
  std::string client;
  std::string server;

  friend auto operator<=>(const Connection&, const Connection&) = default;
};

/// Who may connect to whom. Pods of one service among each other are a pair of their own.
using Connections = std::set<Connection>;

/// Who may send to whom, where these connections and no others can be: the client its
/// requests, the server its answers. The client calls by the server's VIP, if that has one
/// and does not call back; of two that call each other, who opened the connection that
/// carries the data is left open.
[[nodiscard]] injector::Policy policy_of(const Connections& connections,
                                         const graph::Cluster& cluster);

}  // namespace mimir::policy
