public static class Echo
{
    public static byte[] Handle(byte[] body) => body;
}
