// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "controlplane/alert/sighting.h"
#include "controlplane/shadow/judged_twice.h"
#include "dataplane/payload/inspector.h"
#include "model/window.h"
#include "tools/appliance.h"
#include "tools/detection.h"
#include "tools/model_bench.h"
#include "tools/reload.h"

namespace mimir::tools {

/// Judges the windows of an appliance, by a model and by detectors. Both can be exchanged
/// while windows come: a model between two windows of the coarsest granularity, so that
/// every window is judged by one; what the detectors remember stays. A candidate judges the
/// same windows behind it, and what it would have said is told apart: it alarms nobody.
///
/// Threads: the control plane's.
class Judge {
 public:
  /// What it begins with. REQUIRES: all it refers to outlives the judge, and the invariants
  /// can be made of the context.
  struct Start {
    const ClusterContext& context;
    const learn::Model& model;
    std::string model_digest;
    std::string model_file;
    invariant::Options invariants;
    const Candidate* candidate = nullptr;  ///< null: there is none
    const DetectionConfig& detection;
    const PayloadConfig& payload;
    const payload::Signatures* signatures = nullptr;  ///< null: payload is not looked at
    std::uint64_t secret = 0;                         ///< of the tables' hash
  };

  struct Sinks {
    std::function<void(controlplane::Sighting)> sighting;
    /// `path`: of the window's alert; empty if there is none.
    std::function<void(const analysis::Verdict&, const controlplane::AlertBuilder&,
                       const std::vector<std::string>& path)>
        window;
    /// A window that the candidate judged too.
    std::function<void(const controlplane::ShadowJudgement&)> shadow;
    /// A reload is in force, or was refused; what it says is for people.
    std::function<void(bool is_in_force, const std::string& text)> settled;
  };

  Judge(const Start& start, Sinks sinks);

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
  [[nodiscard]] const std::string& model_file() const { return model_file_; }
  /// Null if none judges. Valid until the next exchange.
  [[nodiscard]] const Candidate* candidate() const { return shadow_ ? candidate_ : nullptr; }
  [[nodiscard]] std::string describe() const { return detection_.describe(); }

 private:
  [[nodiscard]] std::optional<invariant::Registry> make_registry(
      const invariant::Options& invariants) const;
  void open_bench(invariant::Registry registry);
  void open_shadow(const Candidate* candidate);
  void move_shadow(bool is_renumbered);
  void hear(const analysis::Verdict& verdict);
  void hear_shadow(const analysis::Verdict& verdict);
  void close_until(TimeNs time_ns);
  void exchange_model(TimeNs begin_ns);
  void flip_rule_half();
  void settle();

  const DetectionConfig& first_detection_;  ///< in force until something is taken up
  const PayloadConfig& payload_;
  const ClusterContext* context_;
  Sinks sinks_;
  const learn::Model* model_;
  std::string model_digest_;
  std::string model_file_;
  Detection detection_;
  std::unique_ptr<ModelBench> bench_;
  const Candidate* candidate_ = nullptr;  ///< null: there is none
  std::unique_ptr<ModelBench> shadow_;    ///< of the candidate; null: none judges
  controlplane::JudgementPairs pairs_;
  std::optional<TimeNs> last_begin_ns_;

  std::optional<Reload> current_;  ///< what was taken up last; none: what it began with
  std::optional<Reload> next_;     ///< whose model waits for its edge
  /// What workers look for; null: the appliance's own.
  std::unique_ptr<const payload::Signatures> signatures_;
  std::unique_ptr<const payload::Signatures> next_signatures_;  ///< which some may not yet
  bool is_inspection_offered_ = false;
  std::uint16_t first_rule_ = 0;
  std::string lost_;  ///< what of the reload under way cannot be had
};

}  // namespace mimir::tools
