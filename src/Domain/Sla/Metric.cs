using System.Text.Json.Serialization;
using Conversations.Domain.Json;

namespace Conversations.Domain;

/// <summary>What is promised (sla.md 3).</summary>
[JsonConverter(typeof(CamelCaseEnumConverter<Metric>))]
public enum Metric { FirstResponse, NextResponse, Resolution }

/// <summary>sla.md R-ST2. Breached is a flag that stays when the promise is kept after all.</summary>
[JsonConverter(typeof(CamelCaseEnumConverter<ClockStatus>))]
public enum ClockStatus { Running, Paused, Met, Breached, Cancelled, Merged }

/// <summary>Why a promise counts as broken (sla.md R-ST4): time ran out, or a change left too little of it.</summary>
[JsonConverter(typeof(CamelCaseEnumConverter<BreachCause>))]
public enum BreachCause { Time, PolicyChange, CalendarChange }
