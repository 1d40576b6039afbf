#include "bench/study/study_store.h"

#include <fstream>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"

namespace overtake::bench {
namespace {

namespace fs = std::filesystem;

constexpr char kPlan[] = "plan.json";
constexpr char kRuns[] = "runs";

absl::StatusOr<nlohmann::json> Read(const fs::path& path) {
  std::ifstream file(path);
  nlohmann::json json = nlohmann::json::parse(file, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) {
    return absl::InvalidArgumentError(absl::StrCat("cannot read ", path.string()));
  }
  return json;
}

absl::Status Replace(const fs::path& path, const nlohmann::json& json) {
  const fs::path unfinished = path.string() + ".new";
  std::ofstream file(unfinished);
  file << json.dump(1) << std::endl;
  std::error_code error;
  if (file) fs::rename(unfinished, path, error);
  if (file && !error) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat("cannot write ", path.string()));
}

}  // namespace

absl::StatusOr<StudyStore> StudyStore::Open(const fs::path& folder, const nlohmann::json& plan) {
  std::error_code error;
  fs::create_directories(folder / kRuns, error);
  if (error) {
    return absl::UnavailableError(
        absl::StrCat("cannot make ", folder.string(), ": ", error.message()));
  }
  StudyStore store(folder);
  if (absl::Status status = store.Load(plan); !status.ok()) return status;
  return store;
}

absl::Status StudyStore::Load(const nlohmann::json& plan) {
  if (!fs::exists(folder_ / kPlan)) return Replace(folder_ / kPlan, plan);
  const auto begun = Read(folder_ / kPlan);
  if (!begun.ok()) return begun.status();
  if (*begun != plan) {
    return absl::FailedPreconditionError(
        absl::StrCat(folder_.string(), " holds a study with other parameters or of another build; ",
                     "give it the same flags, or another folder"));
  }
  for (const fs::directory_entry& entry : fs::directory_iterator(folder_ / kRuns)) {
    if (entry.path().extension() != ".json") continue;  // one that was being written
    const auto json = Read(entry.path());
    if (!json.ok()) return json.status();
    auto run = StudyRun::FromJson(*json);
    if (!run.ok()) return run.status();
    std::string key = run->Key();
    finished_.insert_or_assign(std::move(key), *std::move(run));
  }
  return absl::OkStatus();
}

absl::Status StudyStore::Add(StudyRun run) {
  std::string key = run.Key();
  if (absl::Status status = Replace(folder_ / kRuns / (key + ".json"), run.Json()); !status.ok()) {
    return status;
  }
  finished_.insert_or_assign(std::move(key), std::move(run));
  return absl::OkStatus();
}

absl::Status StudyStore::Write(const std::string& name, const nlohmann::json& json) const {
  return Replace(folder_ / name, json);
}

}  // namespace overtake::bench
