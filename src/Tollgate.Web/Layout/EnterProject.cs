using Microsoft.AspNetCore.Http;
using Tollgate.Engine.Projects;

namespace Tollgate.Web.Layout;

/// <summary>A page knows its project: what it does from here on takes of the project's share of the server.</summary>
/// <returns>False: there is no room, and the answer is written.</returns>
public delegate ValueTask<bool> EnterProject(HttpContext context, ProjectSnapshot project);
