// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "config/diagnostic.h"
#include "model/graph/cluster.h"
#include "model/graph/edge_table.h"

namespace mimir::injector {

/// What policies call everything outside the cluster.
inline constexpr std::string_view kInternetName = "internet";

/// Pods of `client` open connections to `service` by its VIP.
struct ClientVip {
  std::string client;  ///< empty: the pods of every service
  std::string service;

  friend auto operator<=>(const ClientVip&, const ClientVip&) = default;
};

/// Which service may send to which, and who opens connections.
///
/// Invariant: every name has an entry in `allowed`, the internet an empty one.
struct Policy {
  std::map<std::string, std::set<std::string>, std::less<>> allowed;
  std::set<ClientVip> client_vips;

  friend bool operator==(const Policy&, const Policy&) = default;
};

/// Reads a policy file:
///
///   # a comment
///   user ALLOWED user-db        pods of user may send to pods of user-db
///   user ALLOWED internet
///   admin ALLOWED all           to everything named here, and everything to it
///   ----------
///   user_pod user_db_vip        pods of user connect to user-db by its VIP
///   ALL kube_dns_vip            and all pods to kube-dns
///
/// The second part writes hyphens as underscores, which no service name contains.
/// Nothing is returned when a line is wrong; each is an error at its place.
[[nodiscard]] std::optional<Policy> parse_policy(std::string_view text, std::string_view file,
                                                 config::Diagnostics& diagnostics);

/// The policy as parse_policy() reads it; reading it gives an equal one, but for names
/// without any permission.
[[nodiscard]] std::string to_text(const Policy& policy);

/// What was seen to happen in benign traffic: services that sent each other a
/// packet may, and a pod that sent one to a VIP is its client. `benign` is the sum
/// of reduced windows.
[[nodiscard]] Policy learn_policy(const graph::EdgeTable& benign, const graph::Cluster& cluster);

/// Every application may send to every other and to the internet; all are clients of
/// DNS. What holds where nobody wrote a policy.
[[nodiscard]] Policy unrestricted_policy(const graph::Cluster& cluster);

}  // namespace mimir::injector
