// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "config/diagnostic.h"
#include "model/learn/model.h"

namespace mimir::learn {

/// The bytes of a model file: one line that says what it is, then JSON for people
/// and programs alike.
///
///     mimir-model 2 sha256=<64 hexadecimal digits, of everything after this line>
///     {
///       "name": ...
///
/// Equal models give equal bytes; numbers read back exactly as they were.
/// REQUIRES: the invariants of Model.
[[nodiscard]] std::string write_model(const Model& model);

/// Reads what write_model wrote. Refuses, naming the reason and `file`: a file that
/// is no model, another format version, a truncated or altered file, a field that is
/// missing, of another type or out of range (by its path: "granularities[0].features[3].weight").
[[nodiscard]] std::optional<Model> read_model(std::string_view bytes, std::string_view file,
                                              config::Diagnostics& diagnostics);

}  // namespace mimir::learn
