using System.Collections.Frozen;

namespace Tollgate.Engine.Projects;

/// <summary>The parts of one project in memory, one object of each type. Equal when all of them are the same objects.</summary>
public sealed class ProjectParts : IEquatable<ProjectParts>
{
    public static readonly ProjectParts None = new([]);

    private readonly FrozenDictionary<Type, object> _parts;

    public ProjectParts(IReadOnlyCollection<object> parts) => _parts = parts.ToFrozenDictionary(static part => part.GetType());

    /// <summary>Returns null if no room has contributed one.</summary>
    public T? Find<T>() where T : class => (T?)_parts.GetValueOrDefault(typeof(T));

    public bool Equals(ProjectParts? other) =>
        other is not null && _parts.Count == other._parts.Count
        && _parts.All(part => other._parts.TryGetValue(part.Key, out var same) && ReferenceEquals(part.Value, same));

    public override bool Equals(object? obj) => Equals(obj as ProjectParts);

    public override int GetHashCode() => _parts.Count;
}
