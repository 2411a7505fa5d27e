// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

#include "config/diagnostic.h"
#include "dataplane/record/time.h"
#include "model/entity/entity_map.h"

namespace mimir::entity {

/// Whether `text` begins as a pickled cluster creation log does.
[[nodiscard]] bool is_creation_log(std::string_view text);

/// Reads a cluster creation log: a pickled dict, second of the capture -> {name ->
/// (ip, '+' or '-', namespace, 'pod' or 'svc', labels, status)}. Logs without labels
/// and status are read too. Second 0 is at `start_ns`.
///
/// A pod in its end (Terminating, Completed, ...) claims nothing, but keeps its
/// address until another pod claims it, for such a log says when pods come and not
/// when they go. An entry that cannot be understood is an error with its byte
/// offset, and the others are still read.
[[nodiscard]] std::vector<Event> read_creation_log(std::string_view text, std::string_view file,
                                                   TimeNs start_ns,
                                                   config::Diagnostics& diagnostics);

}  // namespace mimir::entity
