// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/diagnostic.h"
#include "model/entity/entity_map.h"

namespace mimir::entity {

/// Reads an entity log, JSON lines, one event a line (blank lines are allowed):
///
///   {"t":1700000000.25,"op":"add","kind":"pod","name":"cart-0","namespace":"shop",
///    "ips":["10.1.0.7"],"labels":{"app":"cart"},"owner":"StatefulSet/cart","node":"n1"}
///
///   t          seconds since 1970, to the microsecond
///   op         "add" or "del"; a deletion needs only the identity
///   kind       "pod", "service" or "node"; a node has no namespace
///   ips        all addresses from now on; [] for a headless service
///   labels, owner, node, service   may be left out; service is of a pod, the one
///              whose endpoints list it
///
/// Each wrong line is an error at its line, and the others are still read.
[[nodiscard]] std::vector<Event> read_entity_log(std::string_view text, std::string_view file,
                                                 config::Diagnostics& diagnostics);

/// The line that reads back as `event` (its place apart), without a line feed.
/// Times are cut to the microsecond.
[[nodiscard]] std::string to_line(const Event& event);

}  // namespace mimir::entity
