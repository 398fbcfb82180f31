using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using k8s.Models;
using PodPool.Manager.Kubernetes.Resources;
using YamlDotNet.RepresentationModel;

namespace PodPool.Manager.Tests.Kubernetes.Resources;

/// <summary>The schemas that are installed and the C# types say the same.</summary>
public sealed class SchemaTests
{
    [Fact]
    public void Every_field_of_a_pool_is_in_the_schema_and_the_other_way_round() => AssertSame(typeof(RuntimePoolResource), SchemaFile.RuntimePools.Root);

    [Fact]
    public void Every_field_of_a_function_is_in_the_schema_and_the_other_way_round() => AssertSame(typeof(FunctionResource), SchemaFile.Functions.Root);

    [Fact]
    public void Defaults_of_a_pool_are_those_of_the_schema() => AssertDefaults(new RuntimePoolSpec(), SchemaFile.RuntimePools.Root.At("spec"));

    [Fact]
    public void Defaults_of_a_function_are_those_of_the_schema()
    {
        AssertDefaults(new FunctionResourceSpec(), SchemaFile.Functions.Root.At("spec"));
        AssertDefaults(new KeyReference(), SchemaFile.Functions.Root.At("spec.env[].valueFrom.secretKeyRef"));
        AssertDefaults(new KeyReference(), SchemaFile.Functions.Root.At("spec.env[].valueFrom.configMapKeyRef"));
    }

    [Fact]
    public void Every_field_says_what_it_is_and_every_text_and_list_of_a_spec_has_a_limit()
    {
        foreach (var root in new[] { SchemaFile.RuntimePools.Root, SchemaFile.Functions.Root })
        {
            foreach (var node in root.All.Where(node => node.Path is not ("apiVersion" or "kind" or "metadata") && !node.Path.EndsWith("[]", StringComparison.Ordinal)))
            {
                Assert.True(node["description"] is { Length: > 0 }, $"{node.Path} has no description");
            }

            foreach (var node in root.At("spec").All.Where(node => !node.IsOpen))
            {
                var limited = node["type"] switch
                {
                    "string" => node["maxLength"] is not null || node.HasValues,
                    "array" => node["maxItems"] is not null,
                    "integer" or "number" => node["minimum"] is not null && node["maximum"] is not null,
                    _ => true,
                };
                Assert.True(limited, $"{node.Path} has no limit");
            }
        }
    }

    [Fact]
    public void What_columns_and_the_scale_subresource_read_is_there()
    {
        foreach (var file in new[] { SchemaFile.RuntimePools, SchemaFile.Functions })
        {
            var fields = file.Root.All.Select(node => node.Path).ToHashSet();
            Assert.NotEmpty(file.ReadPaths);
            foreach (var path in file.ReadPaths.Where(path => path != ".metadata.creationTimestamp"))
            {
                var field = Regex.Replace(path.TrimStart('.'), @"\[[^\]]*\]", "[]");
                Assert.True(fields.Contains(field), $"{path} is no field");
            }
        }
    }

    [Fact]
    public void Old_servers_get_the_schemas_without_a_CEL_rule()
    {
        const string Schema = "/spec/versions/0/schema/openAPIV3Schema";
        var removed = SchemaFile.Nodes(SchemaFile.ReadMapping("crds-legacy", "kustomization.yaml")["patches"]).OfType<YamlMappingNode>()
            .Where(node => node.Children.ContainsKey("patch"))
            .SelectMany(node => Regex.Matches(((YamlScalarNode)node["patch"]).Value!, @"op: remove\s+path: (\S+)").Select(match => match.Groups[1].Value)).ToList();
        var expected = new[] { SchemaFile.RuntimePools.Root, SchemaFile.Functions.Root }.SelectMany(root => root.All).Where(node => node.HasValidations)
            .Select(node => Schema + string.Concat(node.Path.Split('.').Select(part => part.EndsWith("[]", StringComparison.Ordinal) ? $"/properties/{part[..^2]}/items" : $"/properties/{part}")) + "/x-kubernetes-validations");
        Assert.Equal(expected.Order(StringComparer.Ordinal), removed.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("90s", true)]
    [InlineData("1h30m", true)]
    [InlineData("250ms", true)]
    [InlineData("1.5s", true)]
    [InlineData("7µs", true)]
    [InlineData("0s", true)]
    [InlineData("", false)]
    [InlineData("5", false)]
    [InlineData("-5s", false)]
    [InlineData("5 s", false)]
    [InlineData("5s\n", false)]
    [InlineData("1d", false)]
    [InlineData("PT5M", false)]
    [InlineData(".5s", false)]
    public void The_schema_takes_the_durations_that_the_manager_reads(string text, bool takes)
    {
        string[] fields = ["spec.drainGrace", "spec.startDeadline", "spec.timeout", "spec.scale.idleTimeout"];
        var patterns = SchemaFile.RuntimePools.Root.All.Concat(SchemaFile.Functions.Root.All).Where(node => fields.Contains(node.Path)).Select(node => node["pattern"]!).ToList();
        Assert.Equal(fields.Length, patterns.Count);
        Assert.All(patterns, pattern => Assert.Equal(takes, Matches(pattern, text)));
        Assert.Equal(takes, Reads(() => DurationText.Parse(text, "field")));
    }

    [Theory]
    [InlineData("16Mi", true)]
    [InlineData("1.5Gi", true)]
    [InlineData("64M", true)]
    [InlineData("1048576", true)]
    [InlineData("0", true)]
    [InlineData("", false)]
    [InlineData("-1", false)]
    [InlineData("16 Mi", false)]
    [InlineData("16MB", false)]
    [InlineData("1e9", false)]
    [InlineData("100m", false)]
    public void The_schema_takes_the_amounts_that_the_manager_reads(string text, bool takes)
    {
        string[] fields = ["spec.prefetch", "spec.memory"];
        Assert.All(fields, field => Assert.Equal(takes, Matches(SchemaFile.RuntimePools.Root.At(field)["pattern"]!, text)));
        Assert.Equal(takes, Reads(() => ByteQuantity.Parse(text, "field")));
    }

    [Theory]
    [InlineData("spec.package.image", "registry.example:5000/team/hello@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", true)]
    [InlineData("spec.package.image", "registry.example/hello:1.0@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", true)]
    [InlineData("spec.package.image", "registry.example/hello:1.0", false)]
    [InlineData("spec.package.image", "hello@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", false)]
    [InlineData("spec.package.url", "https://files.example/hello.zip?v=2", true)]
    [InlineData("spec.package.url", "ftp://files.example/hello.zip", false)]
    [InlineData("spec.package.url", "https:///hello.zip", false)]
    [InlineData("spec.pool", "default", true)]
    [InlineData("spec.pool", "podpool-system/default", true)]
    [InlineData("spec.pool", "a/b/c", false)]
    [InlineData("spec.pool", "/default", false)]
    [InlineData("spec.entryPoint", "Greeter::Greeter.Greetings::Greet", true)]
    [InlineData("spec.entryPoint", "Greeter", true)]
    [InlineData("spec.entryPoint", "Greeter:Greet", false)]
    [InlineData("spec.entryPoint", "A::B::C::D", false)]
    [InlineData("spec.route.hosts[]", "shop.example.com", true)]
    [InlineData("spec.route.hosts[]", "*.example.com", false)]
    [InlineData("spec.route.hosts[]", "Shop.example.com", false)]
    [InlineData("spec.route.paths[]", "/", true)]
    [InlineData("spec.route.paths[]", "/shop/v1.2/.well-known/...", true)]
    [InlineData("spec.route.paths[]", "/shop/", true)]
    [InlineData("spec.route.paths[]", "shop", false)]
    [InlineData("spec.route.paths[]", "/shop//a", false)]
    [InlineData("spec.route.paths[]", "/shop/../a", false)]
    [InlineData("spec.route.paths[]", "/shop/.", false)]
    [InlineData("spec.route.paths[]", "/shop?a", false)]
    [InlineData("spec.env[].name", "ConnectionStrings__Db", true)]
    [InlineData("spec.env[].name", "1A", false)]
    [InlineData("metadata.name", "hello-1", true)]
    [InlineData("metadata.name", "1-hello", false)]
    [InlineData("metadata.name", "hello.world", false)]
    public void A_pattern_takes_what_it_should(string field, string text, bool takes) => Assert.Equal(takes, Matches(SchemaFile.Functions.Root.At(field)["pattern"]!, text));

    // Go's $ is the end of the text, .NET's also stands before a last line break.
    private static bool Matches(string pattern, string text) => Regex.IsMatch(text, pattern.Replace("$", @"\z", StringComparison.Ordinal), RegexOptions.CultureInvariant);

    private static bool Reads<T>(Func<T> read)
    {
        try
        {
            read();
            return true;
        }
        catch (FormatException)
        {
            return false;
        }
    }

    private static void AssertSame(Type type, SchemaNode schema)
    {
        var properties = PropertiesOf(type);
        Assert.Equal(schema.Properties.Keys.Order(StringComparer.Ordinal), properties.Keys.Order(StringComparer.Ordinal));
        foreach (var (name, property) in properties)
        {
            AssertSameField(property.PropertyType, schema.Properties[name], property);
        }
    }

    private static void AssertSameField(Type type, SchemaNode schema, PropertyInfo property)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type == typeof(V1ObjectMeta) || schema.IsOpen)
        {
            Assert.True(type == typeof(V1ObjectMeta) || type == typeof(JsonElement), schema.Path);
            return;
        }

        var (kind, format) = type == typeof(string) ? ("string", null)
            : type == typeof(bool) ? ("boolean", null)
            : type == typeof(int) ? ("integer", "int32")
            : type == typeof(long) ? ("integer", "int64")
            : type == typeof(double) ? ("number", "double")
            : type == typeof(DateTimeOffset) ? ("string", "date-time")
            : typeof(IEnumerable).IsAssignableFrom(type) && !type.IsGenericType ? throw new InvalidOperationException(type.Name)
            : type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>) ? ("array", null)
            : ("object", (string?)null);
        if (property.GetCustomAttribute<JsonConverterAttribute>()?.ConverterType == typeof(NumberOrText))
        {
            Assert.Equal("true", schema["x-kubernetes-int-or-string"]);
            return;
        }

        Assert.True(kind == schema["type"], $"{schema.Path} is of type {schema["type"]}, not {kind}");
        Assert.True(format == schema["format"], $"{schema.Path} has the format {schema["format"]}, not {format}");
        if (kind == "array")
        {
            var item = type.GetGenericArguments()[0];
            Assert.NotNull(schema.Items);
            Assert.Equal(item == typeof(string) ? "string" : "object", schema.Items["type"]);
            if (item != typeof(string))
            {
                AssertSame(item, schema.Items);
            }
        }
        else if (kind == "object" && !type.IsGenericType)
        {
            AssertSame(type, schema);
        }
    }

    private static void AssertDefaults(object value, SchemaNode schema)
    {
        foreach (var (name, property) in PropertiesOf(value.GetType()))
        {
            var field = schema.Properties[name];
            var own = property.GetValue(value);
            switch (field.Default)
            {
                case null:
                    // What must be given, and what may be left out, has none.
                    Assert.True(schema.IsRequired(name) || own is null or "", $"{field.Path} has the default {own} in C# only");
                    break;
                case YamlScalarNode scalar:
                    var written = own is string text ? text : Convert.ToString(own, CultureInfo.InvariantCulture)!.ToLowerInvariant();
                    Assert.True(scalar.Value == written, $"{field.Path} is {written} by default in C#, and {scalar.Value} in the schema");
                    break;
                case YamlSequenceNode list:
                    Assert.Empty(list);
                    Assert.Empty(Assert.IsAssignableFrom<IEnumerable>(own));
                    break;
                default:
                    Assert.NotNull(own);
                    AssertDefaults(own, field);
                    break;
            }
        }
    }

    private static Dictionary<string, PropertyInfo> PropertiesOf(Type type) =>
        type.GetProperties().Where(property => property.GetCustomAttribute<JsonPropertyNameAttribute>() is not null).ToDictionary(property => property.GetCustomAttribute<JsonPropertyNameAttribute>()!.Name);
}
