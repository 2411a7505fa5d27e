// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "config/diagnostic.h"
#include "config/document.h"

namespace mimir::policy {

/// Reads one object of Kubernetes: every member is asked for by name, and one that
/// nobody asked for is an error at its place, for a policy half understood is none.
///
/// As the API server has it, a member that is null is absent.
/// Threads: one owner. REQUIRES: node and diagnostics outlive it.
class ObjectReader {
 public:
  /// `path` is what messages call the object: "spec.ingress[0].from[1]". A node that is
  /// no map is an error; null is an empty map.
  ObjectReader(const config::Node& node, std::string path, config::Diagnostics& diagnostics);
  ObjectReader(const ObjectReader&) = delete;
  ObjectReader& operator=(const ObjectReader&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string path_of(std::string_view key) const;
  [[nodiscard]] const config::Node& node() const { return node_; }
  [[nodiscard]] config::Diagnostics& diagnostics() const { return diagnostics_; }

  /// The member, or null if it is absent.
  const config::Node* find(std::string_view key);
  /// The elements of a list; none if it is absent.
  std::span<const config::Node> list(std::string_view key);
  /// A scalar as it is written; empty if it is absent.
  std::string text(std::string_view key);
  /// The same, and its absence is an error.
  std::string required_text(std::string_view key);
  /// Nothing, with an error, where it is no whole number in [min, max]; nothing if absent.
  std::optional<std::uint16_t> number(std::string_view key, std::uint16_t min, std::uint16_t max);
  bool boolean(std::string_view key, bool otherwise);

  /// Calls `read` with a reader of every element of the list, and finishes that.
  void each(std::string_view key, const std::function<void(ObjectReader&)>& read);

  /// Members that say nothing about who may connect to whom.
  void pass_over(std::initializer_list<std::string_view> keys);
  /// Understood, and beyond what is evaluated here: the error says why.
  void refuse(std::string_view key, std::string_view why, std::string_view hint);
  /// Left out of the evaluation, with a warning that says what follows from that.
  void report(std::string_view key, std::string_view what);

  void error(const config::Node& at, std::string message, std::string hint = {});
  void warning(const config::Node& at, std::string message, std::string hint = {});

  /// An error for each member that was not asked for.
  void finish();

 private:
  void add(config::Severity severity, const config::Node& at, std::string message,
           std::string hint);

  const config::Node& node_;
  std::string path_;
  config::Diagnostics& diagnostics_;
  std::set<std::string, std::less<>> known_;
};

}  // namespace mimir::policy
