// SPDX-License-Identifier: Apache-2.0
#include "model/learn/model_file.h"

#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "config/json.h"
#include "model/learn/digest.h"
#include "model/learn/model_json.h"

namespace mimir::learn {

namespace {

using config::Json;

constexpr std::string_view kMagic = "mimir-model ";
constexpr std::string_view kDigestKey = " sha256=";
constexpr std::size_t kDigestSize = 64;
// Only the whole text ends so: an inner brace that ends a line is indented.
constexpr std::string_view kBodyEnd = "\n}\n";

// A value of the file and where it stands, so that every complaint can say so.
class Field {
 public:
  Field(const Json* value, std::string path, std::string_view file,
        config::Diagnostics& diagnostics)
      : value_(value), path_(std::move(path)), file_(file), diagnostics_(&diagnostics) {}

  [[nodiscard]] Field operator[](std::string_view key) const {
    std::string path = path_.empty() ? std::string(key) : path_ + "." + std::string(key);
    return {value_ == nullptr ? nullptr : value_->find(key), std::move(path), file_, *diagnostics_};
  }

  [[nodiscard]] std::vector<Field> elements() const {
    std::vector<Field> fields;
    const Json::Array* array = value_ == nullptr ? nullptr : value_->elements();
    if (array == nullptr) {
      refuse("an array");
      return fields;
    }
    for (std::size_t i = 0; i < array->size(); ++i) {
      fields.emplace_back(&(*array)[i], path_ + "[" + std::to_string(i) + "]", file_,
                          *diagnostics_);
    }
    return fields;
  }

  [[nodiscard]] bool is_there() const { return value_ != nullptr; }
  [[nodiscard]] bool is_null() const { return value_ != nullptr && value_->is_null(); }

  void read(std::string& out) const {
    const std::string* text = value_ == nullptr ? nullptr : value_->string();
    if (text == nullptr) return refuse("a text");
    out = *text;
  }

  void read(double& out) const {
    const std::optional<double> number = value_ == nullptr ? std::nullopt : value_->number();
    if (!number || !std::isfinite(*number)) return refuse("a finite number");
    out = *number;
  }

  void read(std::uint64_t& out) const {
    const std::optional<std::uint64_t> count = value_ == nullptr ? std::nullopt : value_->count();
    if (!count) return refuse("a whole number that is not negative");
    out = *count;
  }

  void read(std::int64_t& out) const {
    const std::optional<std::int64_t> whole = value_ == nullptr ? std::nullopt : value_->integer();
    if (!whole) return refuse("a whole number");
    out = *whole;
  }

  void read(bool& out) const {
    const bool* truth = value_ == nullptr ? nullptr : value_->boolean();
    if (truth == nullptr) return refuse("true or false");
    out = *truth;
  }

  template <std::unsigned_integral Value>
  requires(sizeof(Value) < sizeof(std::uint64_t)) void read(Value& out) const {
    constexpr std::uint64_t kMax = std::numeric_limits<Value>::max();
    const std::optional<std::uint64_t> count = value_ == nullptr ? std::nullopt : value_->count();
    if (!count || *count > kMax) return refuse("a whole number from 0 to " + std::to_string(kMax));
    out = static_cast<Value>(*count);
  }

  template <typename Value>
  void read(std::vector<Value>& out) const {
    for (const Field& element : elements()) element.read(out.emplace_back());
  }

  void read(Confusion& counts) const {
    (*this)["true_negative"].read(counts.true_negative);
    (*this)["false_positive"].read(counts.false_positive);
    (*this)["false_negative"].read(counts.false_negative);
    (*this)["true_positive"].read(counts.true_positive);
  }

  void read(CaptureOrigin& capture) const {
    (*this)["name"].read(capture.name);
    (*this)["digest"].read(capture.digest);
    (*this)["windows"].read(capture.windows);
  }

  void read(Provenance& provenance) const {
    (*this)["captures"].read(provenance.captures);
    (*this)["runs"].read(provenance.runs);
    (*this)["window_count"].read(provenance.window_count);
    (*this)["seed"].read(provenance.seed);
    (*this)["rates_bytes_per_minute"].read(provenance.rates_bytes_per_minute);
  }

  void read(Law& law) const {
    (*this)["given"].read(law.given);
    (*this)["base"].read(law.base);
    (*this)["slope"].read(law.slope);
    (*this)["noise"].read(law.noise);
    if (law.noise <= 0) (*this)["noise"].refuse("a number above 0");
  }

  void read(Feature& feature) const {
    (*this)["name"].read(feature.name);
    (*this)["median"].read(feature.spread.median);
    (*this)["iqr"].read(feature.spread.iqr);
    (*this)["weight"].read(feature.weight);
    if (feature.spread.iqr <= 0) (*this)["iqr"].refuse("a number above 0");
    if ((*this)["law"].is_there()) (*this)["law"].read(feature.law.emplace());
  }

  void read(GranularityModel& model) const {
    (*this)["granularity_s"].read(model.granularity_s);
    (*this)["intercept"].read(model.intercept);
    (*this)["threshold"].read(model.threshold);
    (*this)["alpha"].read(model.alpha);
    (*this)["z_limit"].read(model.z_limit);
    if (model.z_limit <= 0) (*this)["z_limit"].refuse("a number above 0");
    (*this)["training"].read(model.training);
    (*this)["features"].read(model.features);
    for (std::size_t i = 1; i < model.features.size(); ++i) {
      if (model.features[i - 1].name < model.features[i].name) continue;
      (*this)["features"].refuse("in ascending order of names, none twice");
      break;
    }
  }

  void read(Combination& combination) const {
    (*this)["weights"].read(combination.weights);
    (*this)["intercept"].read(combination.intercept);
    (*this)["threshold"].read(combination.threshold);
    (*this)["alpha"].read(combination.alpha);
    (*this)["training"].read(combination.training);
  }

  void read(EdgeBaseline& edge) const {
    (*this)["source"].read(edge.source);
    (*this)["destination"].read(edge.destination);
    (*this)["granularity_s"].read(edge.granularity_s);
    (*this)["median_bytes"].read(edge.median_bytes);
    (*this)["p99_bytes"].read(edge.p99_bytes);
    (*this)["window_count"].read(edge.window_count);
  }

  void read(AllowedPair& pair) const {
    (*this)["client"].read(pair.client);
    (*this)["server"].read(pair.server);
    (*this)["port"].read(pair.port);
    (*this)["protocol"].read(pair.protocol);
    (*this)["contact_count"].read(pair.contact_count);
  }

  void read(ContactPrior& prior) const {
    (*this)["service"].read(prior.service);
    (*this)["opened_count"].read(prior.opened_count);
    (*this)["failed_count"].read(prior.failed_count);
    (*this)["server_count"].read(prior.server_count);
  }

  void read(Habit& habit) const {
    (*this)["detector"].read(habit.detector);
    (*this)["source"].read(habit.source);
    (*this)["target"].read(habit.target);
    (*this)["port"].read(habit.port);
  }

  void read(ContactHabits& contacts) const {
    (*this)["pairs"].read(contacts.pairs);
    (*this)["priors"].read(contacts.priors);
    (*this)["habits"].read(contacts.habits);
  }

  void read(ServiceNetworks& known) const {
    (*this)["service"].read(known.service);
    (*this)["networks"].read(known.networks);
  }

  void read(PodLaw::Term& term) const {
    (*this)["service"].read(term.service);
    (*this)["slope"].read(term.slope);
  }

  void read(PodLaw& law) const {
    (*this)["source"].read(law.source);
    (*this)["target"].read(law.target);
    (*this)["granularity_s"].read(law.granularity_s);
    (*this)["base"].read(law.base);
    (*this)["noise"].read(law.noise);
    if (law.noise <= 0) (*this)["noise"].refuse("a number above 0");
    (*this)["terms"].read(law.terms);
  }

  void read(Model& model) const {
    (*this)["name"].read(model.context.name);
    (*this)["created_from"].read(model.context.created_from);
    (*this)["observation"].read(model.context.observation);
    (*this)["base_window_ns"].read(model.context.base_window_ns);
    (*this)["sensitive_service"].read(model.context.sensitive_service);
    (*this)["is_prototype"].read(model.context.is_prototype);
    (*this)["granularities"].read(model.granularities);
    (*this)["services"].read(model.context.services);
    (*this)["edges"].read(model.context.edges);
    (*this)["contacts"].read(model.context.contacts);
    (*this)["destinations"].read(model.context.destinations);
    (*this)["pod_laws"].read(model.context.pod_laws);
    if (!(*this)["combination"].is_null()) {
      (*this)["combination"].read(model.combination.emplace());
    }
    check_shape(model);
  }

 private:
  void refuse(std::string_view expected) const {
    const std::string fault = value_ == nullptr ? " is missing" : " must be ";
    diagnostics_->error({std::string(file_)},
                        path_ + fault + (value_ == nullptr ? "" : std::string(expected)),
                        "train the model again");
  }

  void check_shape(const Model& model) const {
    const std::vector<GranularityModel>& all = model.granularities;
    if (all.empty()) (*this)["granularities"].refuse("an array of at least one");
    for (std::size_t i = 1; i < all.size(); ++i) {
      if (all[i - 1].granularity_s >= all[i].granularity_s) {
        (*this)["granularities"].refuse("in ascending order, none twice");
      }
    }
    if (model.combination.has_value() != (all.size() > 1)) {
      (*this)["combination"].refuse(all.size() > 1 ? "an object: there are several granularities"
                                                   : "null: there is one granularity");
    } else if (model.combination && model.combination->weights.size() != all.size()) {
      (*this)["combination"]["weights"].refuse("an array of one weight a granularity");
    }
  }

  const Json* value_;  // null when missing
  std::string path_;
  std::string_view file_;
  config::Diagnostics* diagnostics_;
};

// The text after the first line, if that line and the checksum are as they should be.
std::optional<std::string_view> checked_body(std::string_view bytes, std::string_view file,
                                             config::Diagnostics& diagnostics) {
  const auto refuse = [&](std::string fault, std::string hint) {
    diagnostics.error({std::string(file), 1}, std::move(fault), std::move(hint));
    return std::nullopt;
  };
  const std::string train_hint = "`mimir train` writes model files";
  const std::string copy_hint = "copy the file again, or train the model again";
  if (bytes.empty()) return refuse("empty, not a model file", train_hint);
  if (bytes.size() < kMagic.size() && kMagic.starts_with(bytes)) {
    return refuse("truncated model file", copy_hint);
  }
  if (!bytes.starts_with(kMagic)) return refuse("not a model file", train_hint);

  const std::size_t line_end = bytes.find('\n');
  if (line_end == std::string_view::npos) return refuse("truncated model file", copy_hint);
  const std::string_view line = bytes.substr(kMagic.size(), line_end - kMagic.size());
  const std::string_view version = line.substr(0, line.find(' '));
  const std::string expected = std::to_string(kModelFormatVersion);
  if (version != expected) {
    return refuse("model format version `" + std::string(version.substr(0, 20)) +
                      "`, but this program reads version " + expected,
                  "train the model again with this program, or use the program that wrote it");
  }
  const std::string_view rest = line.substr(version.size());
  if (!rest.starts_with(kDigestKey) || rest.size() != kDigestKey.size() + kDigestSize) {
    return refuse("damaged first line of a model file", copy_hint);
  }

  const std::string_view body = bytes.substr(line_end + 1);
  if (sha256_hex(body) != rest.substr(kDigestKey.size())) {
    if (!body.ends_with(kBodyEnd)) return refuse("truncated model file", copy_hint);
    return refuse("checksum mismatch: the model file was altered", copy_hint);
  }
  return body;
}

}  // namespace

std::string write_model(const Model& model) {
  std::string body = config::to_pretty_text(to_json(model));
  while (!body.empty() && body.back() == '\n') body.pop_back();
  body.push_back('\n');
  return std::string(kMagic) + std::to_string(kModelFormatVersion) + std::string(kDigestKey) +
         sha256_hex(body) + "\n" + body;
}

std::optional<Model> read_model(std::string_view bytes, std::string_view file,
                                config::Diagnostics& diagnostics) {
  const std::optional<std::string_view> body = checked_body(bytes, file, diagnostics);
  if (!body) return std::nullopt;
  const std::optional<Json> json = config::parse_json(*body, file, diagnostics, 2);
  if (!json) return std::nullopt;
  const std::size_t error_count_before = diagnostics.error_count();
  Model model;
  Field(&*json, "", file, diagnostics).read(model);
  if (diagnostics.error_count() != error_count_before) return std::nullopt;
  return model;
}

}  // namespace mimir::learn
