// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "config/diagnostic.h"

namespace mimir::tools {

/// The files of an appliance's models: the one that model.file names, and beside it, where
/// there are any, the candidate that judges with it and the former one, which it was exchanged
/// for:
///
///   shop.mimir   shop.mimir.candidate   shop.mimir.former
///
/// The appliance only reads them: at its start, and when it is asked to reload. Whoever changes
/// them asks for that, and takes the change back if it is refused. At no moment is there no
/// model in force. What is made here is as readable to others as model.file.
class ModelShelf {
 public:
  explicit ModelShelf(std::string active)
      : active_(std::move(active)),
        candidate_(active_ + ".candidate"),
        former_(active_ + ".former") {}

  [[nodiscard]] const std::string& active() const { return active_; }
  [[nodiscard]] const std::string& candidate() const { return candidate_; }
  [[nodiscard]] const std::string& former() const { return former_; }

  // False, with the reason reported, if nothing was changed.

  /// A copy of `file` becomes the candidate.
  [[nodiscard]] bool stage(const std::string& file, config::Diagnostics& diagnostics);
  /// There is no candidate any more.
  [[nodiscard]] bool unstage(config::Diagnostics& diagnostics);
  /// The candidate becomes the model in force, which becomes the former one.
  [[nodiscard]] bool promote(config::Diagnostics& diagnostics);
  /// The former one and the one in force change places: what was rolled back is the former one.
  [[nodiscard]] bool roll_back(config::Diagnostics& diagnostics);

  /// Takes back what was done last.
  void take_back();
  /// It stays so: what it replaced is forgotten.
  void keep();

 private:
  /// One change of files, and how it is taken back.
  struct Step {
    std::string path;  ///< what it changes, for people
    std::function<void(std::error_code&)> act;
    std::function<void(std::error_code&)> undo;
  };

  /// Step by step, or not at all.
  [[nodiscard]] bool change(std::vector<Step> steps, config::Diagnostics& diagnostics);
  /// Makes room for another file of that name; keep() removes what was there.
  void set_aside(const std::string& path, std::vector<Step>& steps);
  void make_as_readable(const std::string& path) const;

  std::string active_;
  std::string candidate_;
  std::string former_;
  std::vector<Step> done_;
  std::vector<std::string> set_aside_;
};

}  // namespace mimir::tools
