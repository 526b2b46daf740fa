public static class Hello
{
    public static string Handle() => "hello";
}
