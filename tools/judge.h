// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "controlplane/alert/alert_builder.h"
#include "controlplane/alert/sighting.h"
#include "dataplane/payload/inspector.h"
#include "model/analysis/analyzer.h"
#include "model/window.h"
#include "tools/appliance.h"
#include "tools/detection.h"
#include "tools/reload.h"

namespace mimir::tools {

/// Judges the windows of an appliance, by a model and by detectors. Both can be exchanged
/// while windows come: a model between two windows of the coarsest granularity, so that
/// every window is judged by one; what the detectors remember stays.
///
/// Threads: the control plane's. REQUIRES: the appliance outlives it.
class Judge {
 public:
  struct Sinks {
    std::function<void(controlplane::Sighting)> sighting;
    /// `path`: of the window's alert; empty if there is none.
    std::function<void(const analysis::Verdict&, const controlplane::AlertBuilder&,
                       const std::vector<std::string>& path)>
        window;
    /// A reload is in force, or was refused; what it says is for people.
    std::function<void(bool is_in_force, const std::string& text)> settled;
  };

  Judge(const Appliance& appliance, std::uint64_t secret, Sinks sinks);

  void add(const Window& window);
  void flush();
  /// No window that begins before `time_ns` will come: on a quiet link, what is due is done
  /// without waiting for one.
  void pass(TimeNs time_ns);

  /// From here on, who is who is as `context` has it; see Analyzer and Detection.
  /// `registry`: the invariants of the model that the appliance began with.
  void move_to(const ClusterContext& context, invariant::Registry registry, bool is_renumbered);

  /// Takes effect as soon as it can. REQUIRES: the one before has settled.
  void adopt(Reload reload);
  /// What workers are to look for from now on, once for each reload that has rules. Then
  /// inspection_taken() is to be called: true when all of them do, false if none will.
  [[nodiscard]] std::optional<payload::InspectorOptions> take_inspection();
  void inspection_taken(bool is_taken);

  [[nodiscard]] const learn::Model& model() const { return *model_; }
  [[nodiscard]] const std::string& model_digest() const { return model_digest_; }
  [[nodiscard]] std::string describe() const { return detection_.describe(); }

 private:
  /// What is made for one model.
  struct Bench {
    controlplane::AlertBuilder builder;
    analysis::Analyzer analyzer;

    Bench(const Judge& judge, invariant::Registry registry, analysis::Analyzer::Sink sink);
  };

  void open_bench(invariant::Registry registry);
  void hear(const analysis::Verdict& verdict);
  void exchange_model(TimeNs begin_ns);
  void flip_rule_half();
  void settle();

  const Appliance& appliance_;
  const ClusterContext* context_;
  Sinks sinks_;
  const learn::Model* model_;
  std::string model_digest_;
  Detection detection_;
  std::unique_ptr<Bench> bench_;
  std::optional<TimeNs> last_begin_ns_;

  std::optional<Reload> current_;  ///< what was taken up last; none: the appliance's own
  std::optional<Reload> next_;     ///< whose model waits for its edge
  /// What workers look for; null: the appliance's own.
  std::unique_ptr<const payload::Signatures> signatures_;
  std::unique_ptr<const payload::Signatures> next_signatures_;  ///< which some may not yet
  bool is_inspection_offered_ = false;
  std::uint16_t first_rule_ = 0;
  std::string lost_;  ///< what of the reload under way cannot be had
};

}  // namespace mimir::tools
