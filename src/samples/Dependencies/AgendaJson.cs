using System.Text.Json;
using System.Text.Json.Serialization;

namespace Dependencies;

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(Agenda))]
internal sealed partial class AgendaJson : JsonSerializerContext;
