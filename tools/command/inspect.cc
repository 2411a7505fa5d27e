// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "config/diagnostic.h"
#include "model/learn/digest.h"
#include "model/learn/model_file.h"
#include "tools/command/commands.h"
#include "tools/text_file.h"

namespace mimir::tools {

namespace {

void print_confusion(const char* title, const learn::Confusion& counts) {
  fmt::print("  {}: {} attack windows of {} found, {} false alerts in {} benign\n", title,
             counts.true_positive, counts.true_positive + counts.false_negative,
             counts.false_positive, counts.false_positive + counts.true_negative);
}

void print_granularity(const learn::GranularityModel& granularity, std::size_t top) {
  fmt::print("\nwindows of {} s: threshold {:.4f}, intercept {:.4f}, alpha {:.5f}\n",
             granularity.granularity_s, granularity.threshold, granularity.intercept,
             granularity.alpha);
  print_confusion("on its training windows", granularity.training);
  std::vector<learn::Feature> features = granularity.features;
  std::stable_sort(features.begin(), features.end(), [](const auto& a, const auto& b) {
    return std::abs(a.weight) > std::abs(b.weight);
  });
  const auto used = static_cast<std::size_t>(std::count_if(
      features.begin(), features.end(), [](const auto& feature) { return feature.weight != 0; }));
  fmt::print("  {} of {} invariants have a weight\n", used, features.size());
  fmt::print("  {:<56}{:>12}{:>12}{:>12}\n", "invariant", "median", "IQR", "weight");
  for (std::size_t i = 0; i < std::min(used, top); ++i) {
    fmt::print("  {:<56}{:>12.5g}{:>12.5g}{:>12.5f}\n", features[i].name, features[i].spread.median,
               features[i].spread.iqr, features[i].weight);
  }
}

void print_contacts(const learn::ContactHabits& contacts) {
  fmt::print("{} pairs of services that open connections, {} priors of first contacts\n",
             contacts.pairs.size(), contacts.priors.size());
  for (const learn::Habit& habit : contacts.habits) {
    fmt::print("  habit, not to be reported: {} by {}{}{}\n", habit.detector, habit.source,
               habit.target.empty() ? "" : " to ", habit.target);
  }
}

void print_model(const learn::Model& model, const std::string& digest, std::size_t top) {
  const learn::ModelContext& context = model.context;
  fmt::print("model {}  format {}  sha256 {}\n", context.name, learn::kModelFormatVersion,
             digest.substr(0, 16));
  fmt::print("sensitive service {}, seen at {}, base window {} s\n", context.sensitive_service,
             context.observation, context.base_window_ns / kNsPerSecond);
  fmt::print("learned from {} windows, seed {}, rates (bytes/min):",
             context.created_from.window_count, context.created_from.seed);
  for (const double rate : context.created_from.rates_bytes_per_minute) fmt::print(" {:g}", rate);
  fmt::print("\n");
  for (const learn::CaptureOrigin& capture : context.created_from.captures) {
    fmt::print("  capture {}  {}\n", capture.name, capture.digest);
  }
  fmt::print("{} services:", context.services.size());
  for (const std::string& service : context.services) fmt::print(" {}", service);
  fmt::print("\n{} edge baselines\n", context.edges.size());
  print_contacts(context.contacts);
  for (const learn::GranularityModel& granularity : model.granularities) {
    print_granularity(granularity, top);
  }
  if (!model.combination) return;
  fmt::print("\ncombined: threshold {:.4f}, intercept {:.4f}, weights",
             model.combination->threshold, model.combination->intercept);
  for (std::size_t i = 0; i < model.granularities.size(); ++i) {
    fmt::print(" {} s {:.4f}", model.granularities[i].granularity_s, model.combination->weights[i]);
  }
  fmt::print("\n");
  print_confusion("on its training windows", model.combination->training);
}

class InspectCommand final : public Command {
 public:
  [[nodiscard]] const char* name() const override { return "inspect"; }
  [[nodiscard]] const char* summary() const override {
    return "Shows what a model learned, from what, and how it judges";
  }
  [[nodiscard]] const char* example() const override { return "inspect shop.mimir"; }

  void declare(CommandLine& line) override {
    line.positional("MODEL", path_, "a model file, as mimir train writes it");
    line.count("--top", top_, 1, 100'000, "N", "invariants to list for each granularity");
    line.flag("--json", json_, "the model as JSON");
  }

  [[nodiscard]] ExitCode run(std::span<const std::string> /*eal_arguments*/) override {
    config::Diagnostics diagnostics;
    const auto text = read_text_file(path_, diagnostics);
    const auto model = text ? learn::read_model(*text, path_, diagnostics) : std::nullopt;
    fmt::print(stderr, "{}", diagnostics.render());
    if (!model) return ExitCode::kData;
    if (json_) {
      // The file is a line that says what it is, then the JSON itself.
      fmt::print("{}", text->substr(text->find('\n') + 1));
    } else {
      print_model(*model, learn::sha256_hex(*text), top_);
    }
    return ExitCode::kOk;
  }

 private:
  std::string path_;
  std::uint64_t top_ = 20;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> make_inspect_command() { return std::make_unique<InspectCommand>(); }

}  // namespace mimir::tools
