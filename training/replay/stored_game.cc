#include "training/replay/stored_game.h"

#include <algorithm>
#include <cmath>

#include "training/target/target.h"

namespace tandem {
namespace {

constexpr float kFull = 65535;                // quantised probability 1
constexpr float kLargestSurprise = 20;        // nats; a single row must not own the window (prior of a blunder: ln 1e8 = 18)
constexpr double kSurpriseUnit = 1e-4;        // nats; 2^32 of them hold 20,000 rows of the largest surprise
constexpr std::size_t kAllocationBytes = 16;  // malloc's own, for each block

std::uint16_t Quantise(float probability) { return static_cast<std::uint16_t>(std::lround(std::clamp(probability, 0.0f, 1.0f) * kFull)); }

template <typename T>
std::size_t VectorBytes(const std::vector<T>& vector) {
  return vector.capacity() == 0 ? 0 : vector.capacity() * sizeof(T) + kAllocationBytes;
}

}  // namespace

StoredGame::StoredGame(const Game& game, const GameRecord& record, double root_value_share) {
  // Verified, so the text is readable.
  if (record.has_start()) start_ = game.StateFromText(record.start()).value();
  const std::unique_ptr<State> state = start_ != nullptr ? start_->Clone() : game.NewState();
  std::vector<std::int8_t> movers;
  moves_.reserve(record.moves_size());
  for (const std::uint32_t move : record.moves()) {
    movers.push_back(static_cast<std::int8_t>(state->ToMove()));
    moves_.push_back(static_cast<Action>(move));
    state->Apply(moves_.back());
  }
  const std::vector<TargetRow> targets = MakeTargets(record, movers, root_value_share);
  rows_.reserve(targets.size());
  std::uint32_t surprise = 0;
  for (const TargetRow& target : targets) {
    surprise += static_cast<std::uint32_t>(std::lround(std::min(target.surprise, kLargestSurprise) / kSurpriseUnit));
    rows_.push_back({surprise, static_cast<std::uint32_t>(policy_.size()), 0, static_cast<std::uint16_t>(target.ply),
                     Quantise(target.wdl[0]), Quantise(target.wdl[1])});
    for (const PolicyWeight& weight : target.policy) {
      // At least 1, so that no policy rounds to nothing; Encode normalises.
      policy_.push_back({weight.action, std::max<std::uint16_t>(Quantise(weight.probability), 1)});
    }
    rows_.back().policy_size = static_cast<std::uint16_t>(policy_.size() - rows_.back().policy_begin);
  }
  policy_.shrink_to_fit();
  if (game.facts().has_ownership && state->IsTerminal()) {
    FinalScore score = state->GetFinalScore();
    owner_ = std::move(score.owner);
    margin_ = score.margin;
  }
}

int StoredGame::RowAtSurprise(std::uint64_t target) const {
  const auto row = std::upper_bound(rows_.begin(), rows_.end(), target, [](std::uint64_t t, const Row& r) { return t < r.surprise_end; });
  return static_cast<int>(std::min<std::ptrdiff_t>(row - rows_.begin(), num_rows() - 1));
}

std::size_t StoredGame::MemoryBytes() const {
  std::size_t bytes = sizeof(*this) + 2 * kAllocationBytes;  // itself and its reference counts
  // A State's size is its own business; a KiB is the order of the largest.
  if (start_ != nullptr) bytes += 1024;
  return bytes + VectorBytes(moves_) + VectorBytes(rows_) + VectorBytes(policy_) + VectorBytes(owner_);
}

void StoredGame::Encode(const Game& game, const State& initial, int index, const Symmetry& symmetry, int slot, Scratch* scratch,
                        TrainingBatch* batch) const {
  const GameFacts& facts = game.facts();
  const Row& row = rows_[index];
  State& state = *scratch->state;
  state.CopyFrom(start_ != nullptr ? *start_ : initial);
  for (int ply = 0; ply < row.ply; ++ply) state.Apply(moves_[ply]);
  const int mover = state.ToMove();

  const std::size_t cells = static_cast<std::size_t>(facts.cells()), planes = static_cast<std::size_t>(facts.num_planes);
  scratch->planes.resize(cells * planes);
  state.WritePlanes(scratch->planes);
  float* out = &batch->planes[slot * cells * planes];
  for (std::size_t cell = 0; cell < cells; ++cell) {
    std::copy_n(&scratch->planes[cell * planes], planes, out + symmetry.cell[cell] * planes);
  }

  const std::size_t actions = static_cast<std::size_t>(facts.num_actions);
  state.LegalActions(scratch->legal);
  for (const Action action : scratch->legal) batch->legal[slot * actions + symmetry.action[action]] = 1;
  const std::span<const Weight> policy(&policy_[row.policy_begin], row.policy_size);
  float sum = 0;
  for (const Weight& weight : policy) sum += weight.weight;
  for (const Weight& weight : policy) batch->policy[slot * actions + symmetry.action[weight.action]] = weight.weight / sum;

  const int loss = std::max(65535 - row.win - row.draw, 0);
  const float whole = static_cast<float>(row.win + row.draw + loss);
  batch->wdl[slot * 3] = row.win / whole;
  batch->wdl[slot * 3 + 1] = row.draw / whole;
  batch->wdl[slot * 3 + 2] = static_cast<float>(loss) / whole;
  batch->moves_left[slot] = static_cast<float>(moves_.size() - row.ply);
  batch->weight[slot] = 1;
  if (owner_.empty()) return;
  for (std::size_t cell = 0; cell < cells; ++cell) {
    batch->ownership[slot * cells + symmetry.cell[cell]] = SwitchView(static_cast<float>(owner_[cell]), mover);
  }
  batch->margin[slot] = SwitchView(static_cast<float>(margin_) / static_cast<float>(cells), mover);
}

void ResizeBatch(const GameFacts& facts, int rows, TrainingBatch* batch) {
  const std::size_t b = static_cast<std::size_t>(rows), cells = static_cast<std::size_t>(facts.cells());
  const std::size_t actions = static_cast<std::size_t>(facts.num_actions);
  batch->rows = rows;
  batch->planes.resize(b * cells * static_cast<std::size_t>(facts.num_planes));
  batch->policy.assign(b * actions, 0);
  batch->legal.assign(b * actions, 0);
  batch->wdl.resize(b * 3);
  batch->moves_left.resize(b);
  batch->ownership.assign(facts.has_ownership ? b * cells : 0, 0);
  batch->margin.assign(facts.has_ownership ? b : 0, 0);
  batch->weight.resize(b);
  batch->mean_age_rows = 0;
}

}  // namespace tandem
